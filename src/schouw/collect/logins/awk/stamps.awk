# Seconds since 1970 of the stamp that a text begins with; where none is known, when the log was last changed.
#
# Nov 24 20:41:07, which names no year; 2026-11-24T20:41:07.123456+01:00, 2026-11-24 20:41:07 and what lies between;
# Tue Nov 24 20:41:07 2026; 24/Nov/2026:20:41:07 +0100. Month names are English, as the C locale has them.

function epoch(text,   seconds) {
  seconds = seconds_since(text)
  return seconds > 100000000 ? seconds : ref + 0
}

function seconds_since(text,   offset) {
  if (text ~ /^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:/)
    return within_a_year(substr(text, 1, 6)) + clock(substr(text, 8, 8)) - seconds_of(zone)
  if (text ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:/) {
    offset = match(text, /[-+][0-9][0-9]:?[0-9][0-9]( |$)|Z( |$)/) && RSTART > 19 && RSTART < 29 ? substr(text, RSTART) : zone
    return day_of(substr(text, 1, 4), substr(text, 6, 2), substr(text, 9, 2)) + clock(substr(text, 12, 8)) - seconds_of(offset)
  }
  if (text ~ /^[0-9][0-9]\/[A-Z][a-z][a-z]\/[0-9][0-9][0-9][0-9]:[0-9][0-9]:/)
    return day_of(substr(text, 8, 4), month_of(substr(text, 4, 3)), substr(text, 1, 2)) + clock(substr(text, 13, 8)) - seconds_of(substr(text, 22))
  if (text ~ /^[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [0-9][0-9][0-9][0-9]/)
    return day_of(substr(text, 21, 4), month_of(substr(text, 5, 3)), substr(text, 9, 2)) + clock(substr(text, 12, 8)) - seconds_of(zone)
  return 0
}

function clock(text) { return substr(text, 1, 2) * 3600 + substr(text, 4, 2) * 60 + substr(text, 7, 2) }

function month_of(name) { return (index("JanFebMarAprMayJunJulAugSepOctNovDec", name) + 2) / 3 }

# "Nov 24": the last time that it was that day, until a day after the log's last change.
function within_a_year(text,   year) {
  if (text in day_known) return day_known[text]
  year = 1971 + int((ref + 86400) / 31556952)
  do day_known[text] = day_of(year, month_of(substr(text, 1, 3)), substr(text, 5, 2))
  while (day_known[text] > ref + 86400 && year-- > 1970)
  return day_known[text]
}

# Years begin in March, so that a leap day ends one (Gregorian calendar).
function day_of(year, month, day) {
  month += 0
  if (month < 1 || month > 12 || month != int(month)) return 0
  year = month > 2 ? year + 0 : year - 1
  month = (month + 9) % 12
  return 86400 * (365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * month + 2) / 5) + day - 719469)
}

function seconds_of(offset) {
  if (offset !~ /^[-+]/) return 0
  sub(/:/, "", offset)
  return (substr(offset, 1, 1) "1") * (substr(offset, 2, 2) * 3600 + substr(offset, 4, 2) * 60)
}
