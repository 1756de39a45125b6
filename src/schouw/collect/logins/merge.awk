# Sums what was counted piece by piece, and says how far each log was read.
#
# Rows in, beside those of the pieces: owner DOMAIN CUSTOMER; log FILE PATH ENTRY, with what was known of it before;
# failed FILE END, a piece that no awk could read; stop FILE, not all of it was begun; gone FILE, another log has its
# name; still ENTRY, a log without anything new; left BYTES.
# Rows out: group NUMBER SERVICE PROTOCOL CLASS VERSION; account NUMBER COUNT FIRST LAST ACCOUNT CUSTOMER;
# @ ENTRY,ENTRY; left BYTES; failed PATH; lost COUNT.

BEGIN { FS = OFS = "\t" }

$1 == "owner" { owner[$2] = $3; owns[$3]; next }

$1 == "account" {
  key = $2 OFS $3 OFS $4 OFS $5
  if (!(key in group)) { group[key] = ++groups; print "group", groups, key }
  key = group[key] OFS $9
  if (!times[key]) { first[key] = $7; last[key] = $8 }
  if ($7 < first[key]) first[key] = $7
  if ($8 > last[key]) last[key] = $8
  times[key] += $6
  next
}

$1 == "failed" { failed[$2]; $4 = $3 }
$1 == "read" || $1 == "failed" { if ($3 >= upto[$2]) { upto[$2] = $3; back[$2] = $4 } next }
$1 == "log" { path[$2] = $3; before[$2] = $4; next }
$1 == "stop" { stopped[$2]; next }
$1 == "gone" { gone[$2]; next }
$1 == "cursor" { cursor = $2; next }
$1 == "still" { entries = entries "," $2; next }
$1 == "lost" { lost += $2; next }
{ print }

END {
  for (key in times) {
    split(key, part, OFS)
    domain = part[2]; sub(/.*@/, "", domain)
    customer = domain in owner ? owner[domain] : part[2] in owns ? part[2] : ""
    print "account", part[1], times[key], first[key], last[key], part[2] (customer == "" ? "" : OFS customer)
  }
  for (file in path) {
    if (file in failed) print "failed", path[file]
    entry = before[file]
    if (file == "journal") { if (cursor != "") entry = "journal." cursor }
    else if (upto[file] && !(file in gone)) {
      entry = file "." upto[file] "." back[file]
      # Not all of it was begun: its size must not say that nothing is new.
      if (file in stopped) sub(/\.[0-9]+\./, ".0.", entry)
    }
    if (entry != "") entries = entries "," entry
  }
  print "@", substr(entries, 2)
  if (lost) print "lost", lost
}
