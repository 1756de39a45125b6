# The rows that a piece comes to. Others read other pieces meanwhile and write to the same pipe, which keeps apart
# what is at most 4096 bytes and comes in one go.

END {
  for (key in count) account(key, count[key], first[key], last[key])
  for (key in spoke) put("spoke\t" key "\t" (key == "dovecot" ? dovecot_release : ""))
  back = upto
  for (id in began) if (began[id] < back && upto - began[id] < OVER) back = began[id]
  put("read\t" file "\t" sprintf("%.0f\t%.0f", upto, back))
  if (file == "journal" && index($0, "-- cursor: ") == 1) put("cursor\t" substr($0, 12))
  if (lost) put("lost\t" lost)
  printf "%s", rows
  fflush()
}

function account(key, times, a, b,   part, group) {
  split(key, part, "\t")
  group = part[1] "\t" part[2] "\t" part[3] "\t" part[4] "\t"
  spoke[part[1]]
  a = epoch(a); b = epoch(b)
  put("account\t" group times "\t" (a < b ? a : b) "\t" (a < b ? b : a) "\t" clean(substr(key, length(group) + 1)))
}

# No control characters, so that a name cannot pass for another field or line.
function clean(name) {
  gsub(/[\001-\037\177]/, "?", name)
  return tolower(substr(name, 1, 200))
}

function put(row) {
  if (length(rows) + length(row) > 4000) { printf "%s", rows; fflush(); rows = "" }
  rows = rows row "\n"
}
