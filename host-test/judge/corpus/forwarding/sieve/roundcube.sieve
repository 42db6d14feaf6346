require ["copy","fileinto","imap4flags","vacation"];
# rule:[メーリングリスト]
if header :contains "list-id" "dev.lists.example"
{
	fileinto "Lists/dev";
	stop;
}
# rule:[経理の控え]
if false # allof (header :contains "subject" "請求", address :domain :is "from" "partner.example")
{
	redirect :copy "x@outside.example";
}
# rule:[不在通知]
vacation :days 3 :subject "Re" text:
休暇中です。
月曜日に戻ります。
.
;
# rule:[..]
if allof (header :contains "subject" ["振込", "請求書"])
{
	addflag "\\Seen";
	fileinto "RSS フィード";
	redirect :copy "y@outside.example";
}
