require ["fileinto","reject","copy","body","vacation","imap4flags"];
# rule:[Bank]
if anyof (header :contains "subject" "振込", body :text :contains "振込")
{
	addflag "\\Seen";
	fileinto "INBOX.RSS";
	stop;
}
# rule:[自動返信]
if not anyof (exists "List-Id")
{
	vacation :days 7 :addresses "sato@corp.example" :subject "不在" :from "Sato <sato@gmail.com>" text:
いません
.
;
}
# rule:[リスト]
if header :is "list-id" "dev.lists.example"
{
	fileinto "Lists";
	stop;
}
