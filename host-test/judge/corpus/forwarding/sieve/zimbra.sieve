require ["fileinto", "reject", "tag", "flag"];

# Header, anyof, enabled
if anyof (header :contains ["to"] "dev",
 header :contains ["cc"] "dev")
{
    fileinto "dev";
    stop;
}
# Date, before
if allof (date :before "20080101")
{
    flag "read";
}
# Body
if allof (body :contains "ticket")
{
    redirect "helper@gmail.com";
}
# Attachment
if allof (attachment)
{
    keep;
    stop;
}
if anyof (addressbook :in "from" "contacts")
{
    flag "flagged";
    stop;
}
if allof (invite) { keep; }
if anyof (invite :method ["reply", "refresh", "counter"]) { keep; }
if anyof (mime_header :contains ["Content-Type"] "pdf", me :in "to", conversation :where "started", list, bulk, importance "high", flagged "read", current_time :before "0800", current_day_of_week :is "0,6", community_requests) { keep; }
if anyof(true) { reply text:
hi
.
; notify "me@x.example" "sub" text:
${SUBJECT}
.
; }
