require ["vnd.acme.loop"];
loop :times 3 {
 redirect "me@gmail.com";
}
if acmetest "x" { redirect :copy "b@gmail.com"; }
