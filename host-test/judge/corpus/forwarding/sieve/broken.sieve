require ["fileinto" "copy"];
if header :contains "subject" "x"
  fileinto "X";
}
redirect :copy "x@outside.example"
keep;
