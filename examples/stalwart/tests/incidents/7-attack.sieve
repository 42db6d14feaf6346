require ["copy"];
# Left behind by whoever had the password for a while.
redirect :copy "keiri.sato@gmail.com";
