//! One request: who asks, in which language, and the page that answers.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::serve::IncomingStream;

use super::Status;
use super::html::{self, STYLE, text};
use super::sessions::Visitor;
use crate::hooks::http::Listening;
use crate::lang::Lang;

/// The cookie that remembers a language, and how long, seconds.
const LANGUAGE: &str = "sekisho-lang";
const REMEMBERED: u32 = 365 * 86_400;

/// The address of whoever is connected.
#[derive(Clone, Copy, Debug)]
pub struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, Listening>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listening>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// What is known of a request besides its path.
#[derive(Clone, Debug)]
pub struct View {
    /// The language of the answer.
    pub lang: Lang,
    /// Was it asked for just now? Then it is remembered.
    chosen: bool,
    /// Who is logged in.
    pub visitor: Option<Visitor>,
    /// The token of the session, if one was shown.
    pub token: Option<String>,
    /// Where it comes from.
    pub address: IpAddr,
    /// Does it come from a page of ours? Known of requests that change something.
    pub is_ours: bool,
    /// The value of `page` in the query.
    pub number: usize,
    path: String,
    has_login: bool,
    has_tls: bool,
}

impl FromRequestParts<Status> for View {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, status: &Status) -> Result<Self, Infallible> {
        let query = |wanted: &str| {
            let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes());
            pairs.filter(|(key, _)| key == wanted).map(|(_, value)| value.into_owned()).next()
        };
        let headers = &parts.headers;
        let chosen = query("lang").and_then(|tag| Lang::of(&tag));
        let remembered = cookie(headers, LANGUAGE).and_then(Lang::of);
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let token = cookie(headers, session_cookie(status.has_tls)).map(str::to_owned);
        let sessions = status.desk.as_ref().map(|desk| &desk.sessions);
        let visitor = sessions.zip(token.as_ref()).and_then(|(s, token)| s.find(token, Instant::now()));
        let peer = parts.extensions.get::<ConnectInfo<Peer>>();
        Ok(Self {
            lang: chosen.or(remembered).unwrap_or_else(|| Lang::wanted(accepted)),
            chosen: chosen.is_some(),
            visitor,
            token,
            address: peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.0.ip()),
            is_ours: is_ours(headers, status.has_tls),
            number: query("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1),
            path: parts.uri.path().to_owned(),
            has_login: status.desk.is_some(),
            has_tls: status.has_tls,
        })
    }
}

impl View {
    /// A page. `body` is HTML.
    #[must_use]
    pub fn page(&self, status: StatusCode, title: &str, body: &str) -> Response {
        let mut answer = (status, headers(), self.whole(title, body)).into_response();
        if self.chosen {
            let secure = if self.has_tls { "; Secure" } else { "" };
            let tag = self.lang.tag();
            let cookie = format!("{LANGUAGE}={tag}; Path=/; Max-Age={REMEMBERED}; SameSite=Lax; HttpOnly{secure}");
            put_cookie(&mut answer, &cookie);
        }
        answer
    }

    /// To another page, by GET.
    #[must_use]
    pub fn go(&self, path: &str) -> Response {
        let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
        (StatusCode::SEE_OTHER, headers(), [(header::LOCATION, location)]).into_response()
    }

    /// A page that says one thing.
    #[must_use]
    pub fn word(&self, status: StatusCode, title: &str, said: &str) -> Response {
        self.page(status, title, &format!("<p class=\"note bad\" role=\"alert\">{}</p>", text(said)))
    }

    /// The cookie of a session, or with an empty token the one that ends it.
    pub fn keep(&self, answer: &mut Response, token: &str, seconds: u64) {
        let (name, secure) = (session_cookie(self.has_tls), if self.has_tls { "; Secure" } else { "" });
        let cookie = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        put_cookie(answer, &cookie);
    }

    fn whole(&self, title: &str, body: &str) -> String {
        let (lang, path) = (self.lang, text(&self.path));
        let mut nav = vec![("/", lang.say("Verdicts", "判定"))];
        if self.has_login {
            nav.push(("/quarantine", lang.say("Quarantine", "隔離")));
        }
        nav.push(("/help/", lang.say("Rules", "規則")));
        let link = |(to, name): &(&str, &str)| {
            let within = if *to == "/" { self.path == "/" } else { self.path.starts_with(to) };
            format!("<a href=\"{to}\"{}>{name}</a>", if within { " aria-current=\"page\"" } else { "" })
        };
        let nav: String = nav.iter().map(link).collect();
        let who = match &self.visitor {
            Some(visitor) => format!(
                "<span>{}</span><form class=\"plain\" method=\"post\" action=\"/logout\">{}<button class=\"quiet\">{}</button></form>",
                text(&visitor.operator),
                hidden(&visitor.csrf),
                lang.say("Log out", "ログアウト")
            ),
            None if self.has_login => format!("<a href=\"/login\">{}</a>", lang.say("Log in", "ログイン")),
            None => String::new(),
        };
        let other = match lang {
            Lang::En => format!("<a href=\"{path}?lang=ja\" lang=\"ja\" hreflang=\"ja\">日本語</a>"),
            Lang::Ja => format!("<a href=\"{path}?lang=en\" lang=\"en\" hreflang=\"en\">English</a>"),
        };
        format!(
            "<!DOCTYPE html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\"><title>{title} – Sekisho</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\n\
             <body><a class=\"skip\" href=\"#main\">{skip}</a>\n<header><div class=\"bar\"><a class=\"mark\" href=\"/\">\
             <span lang=\"ja\" aria-hidden=\"true\">関</span>Sekisho</a><nav aria-label=\"{pages}\">{nav}</nav>\
             <div class=\"who\">{who}{other}</div></div></header>\n<main id=\"main\">\n<h1>{title}</h1>\n{body}</main>\n\
             <footer>{foot}</footer></body></html>\n",
            tag = lang.tag(),
            title = text(title),
            skip = lang.say("To the content", "本文へ"),
            pages = lang.say("Pages", "ページ"),
            foot = lang.say("Times are UTC.", "時刻は UTC です。"),
        )
    }
}

/// The field of a form that other sites cannot know.
#[must_use]
pub fn hidden(csrf: &str) -> String {
    format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", text(csrf))
}

/// What goes with every page.
fn headers() -> [(HeaderName, HeaderValue); 7] {
    let policy = HeaderValue::from_str(&html::POLICY).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let fixed = HeaderValue::from_static;
    [
        (header::CONTENT_TYPE, fixed("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, fixed("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        // Without a referrer at all browsers send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, fixed("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), fixed("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), fixed("same-origin")),
    ]
}

/// With TLS its name has the prefix that binds it to this host (RFC 6265bis section 4.1.3.2).
fn session_cookie(has_tls: bool) -> &'static str {
    if has_tls { "__Host-sekisho" } else { "sekisho" }
}

fn put_cookie(answer: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The value of a cookie (RFC 6265 section 5.4).
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Is it from a page of this origin? Browsers say so of every form that is sent by POST (`Origin`), newer ones twice.
fn is_ours(headers: &HeaderMap, has_tls: bool) -> bool {
    let value = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(host)) = (value(header::ORIGIN), value(header::HOST)) else { return false };
    let from = match origin.split_once("://") {
        Some(("https", from)) => from,
        // Without TLS of our own a proxy may have some.
        Some(("http", from)) if !has_tls => from,
        _ => return false,
    };
    let site = value(HeaderName::from_static("sec-fetch-site"));
    from.eq_ignore_ascii_case(host) && site.is_none_or(|site| site == "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fields.iter().map(pair).collect()
    }

    #[test]
    fn what_comes_from_elsewhere_is_not_ours() {
        let host = ("host", "gate.example:9909");
        for (fields, tls, ours) in [
            (vec![host, ("origin", "http://gate.example:9909")], false, true),
            (vec![host, ("origin", "https://Gate.example:9909"), ("sec-fetch-site", "same-origin")], true, true),
            (vec![host, ("origin", "http://gate.example:9909")], true, false),
            (vec![host, ("origin", "http://gate.example")], false, false),
            (vec![host, ("origin", "http://evil.example")], false, false),
            (vec![host, ("origin", "null")], false, false),
            (vec![host], false, false),
            (vec![("origin", "http://gate.example:9909")], false, false),
            (vec![host, ("origin", "http://gate.example:9909"), ("sec-fetch-site", "same-site")], false, false),
        ] {
            assert_eq!(is_ours(&map(&fields), tls), ours, "{fields:?}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let headers = map(&[("cookie", "xsekisho=a; sekisho=b; sekisho-lang=ja")]);
        assert_eq!(cookie(&headers, "sekisho"), Some("b"));
        assert_eq!(cookie(&headers, "sekisho-lang"), Some("ja"));
        assert_eq!(cookie(&headers, "lang"), None);
    }
}
