require ["variables", "vnd.stalwart.expressions", "vnd.stalwart.while", "envelope", "reject"];
let "i" "0";
while "i < 3" {
  let "i" "i + 1";
}
if eval "i > 2 && contains(['a', 'b'], envelope.from)" {
  redirect "ops@outside.example";
}
