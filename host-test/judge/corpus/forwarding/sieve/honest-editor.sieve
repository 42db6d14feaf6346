require ["fileinto","reject","vacation","imap4flags","relational","comparator-i;ascii-numeric","subaddress","date","mailbox"];
# rule:[Spam]
if header :contains "X-Spam-Flag" "YES"
{
	fileinto "Junk";
	stop;
}
# rule:[Lists]
if anyof (header :contains "List-Id" "<announce.project.example>", address :detail :is "to" "lists")
{
	fileinto :create "Lists";
}
# rule:[Invoices]
if header :contains "subject" ["invoice", "receipt"]
{
	fileinto "Accounting/Invoices";
}
# rule:[Boss]
if address :is "from" "suzuki@corp.example"
{
	setflag "\\Flagged";
	keep;
}
# rule:[Deputy]
if currentdate :value "ge" "date" "2026-08-01"
{
	redirect "tanaka@corp.example";
	keep;
}
