require ["include", "environment", "variables", "relational", "comparator-i;ascii-numeric", "spamtest"];
require ["fileinto", "imap4flags", "vnd.proton.expire", "extlists"];

# Generated: Do not run this script on spam messages
if allof (environment :matches "vnd.proton.spam-threshold" "*", spamtest :value "ge" :comparator "i;ascii-numeric" "${1}") {
    return;
}
/**
 * @type or
 * @comparator contains
 */
if anyof (header :comparator "i;unicode-casemap" :contains ["Subject"] ["news"], header :list "from" ":addrbook:personal?label=Family", not expiration :value "ge" "day" "1") {
    fileinto "archive";
    expire "day" "14";
} elsif hasexpiration { unexpire; }
