//! tmp
use std::time::Instant;
use sekisho_core::sender::*;
use sekisho_core::Context;
fn t(name:&str, mut f: impl FnMut()){ for _ in 0..200{f()} let s=Instant::now(); for _ in 0..2000{f()} println!("{name}: {:.2} µs", s.elapsed().as_secs_f64()*1e6/2000.0);}
fn main(){
 let m=std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
 let c=Context::default();
 t("prepare", ||{std::hint::black_box(policy::Prepared::new(policy::SenderPolicy::default(), vec![]));});
 let p=policy::Prepared::new(policy::SenderPolicy::default(), vec![]);
 t("read", ||{std::hint::black_box(read(&m,&p,&c));});
 t("header", ||{std::hint::black_box(header::Header::read(&m));});
 t("value noname", ||{std::hint::black_box(read_value("a@sender.example",&p,&c));});
 t("value name", ||{std::hint::black_box(read_value("Taro <a@sender.example>",&p,&c));});
 t("mailbox", ||{std::hint::black_box(mailbox::Addresses::read(b"Taro <a@sender.example>"));});
 let d=sekisho_core::text::domain::Domain::parse("sender.example");
 t("names", ||{std::hint::black_box(names::judge("Taro",names::Place{address:"a@sender.example",domain:&d,inside:false},&p));});
 t("namekey", ||{std::hint::black_box(sekisho_core::text::kana::NameKey::of("mail delivery system"));});
}
