# Which customer a domain belongs to, as the panel has it: DirectAdmin, cPanel, Plesk (whose subscriptions own their folders).
owners() {
  {
    sed 's/ *: */ /' /etc/virtual/domainowners /etc/userdomains /etc/trueuserdomains
    [ -d /usr/local/psa ] && stat -c '%n %U' /var/www/vhosts/*.* | sed 's|.*/||'
  } 2>/dev/null | awk 'NF == 2 && $2 !~ /^(root|nobody)$/ { print "owner\t" tolower($1) "\t" $2 }'
}
