# words of Cyrus
require ["fileinto", "reject", "vacation", "notify", "imap4flags", "envelope", "relational", "comparator-i;ascii-numeric", "duplicate", "vnd.cyrus.jmapquery", "vnd.cyrus.snooze", "mailboxid", "special-use", "editheader", "vnd.cyrus.log", "copy", "ihave", "variables"];
if not header :contains ["X-Spam-known-sender"] "yes" {
  if allof( header :contains ["X-Backscatter"] "yes", not header :matches ["X-LinkName"] "*") { setflag "\\Seen"; discard; stop; }
}
if jmapquery text:
{"allOf":[{"from":"a@x.example"},{"hasAttachment":true}]}
.
{
  snooze :mailboxid "abc" :addflags ["$new"] :tzid "Asia/Tokyo" "09:00";
  fileinto :copy :mailboxid "P1-" "INBOX.x";
  redirect :copy "me@gmail.com";
  stop;
}
if allof(not string :is "${stop}" "Y", anyof(true)) { set "stop" "Y"; }

