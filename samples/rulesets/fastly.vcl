# Include this, and begin vcl_recv with: call rulecast_recv;

acl rulecast_scrapers {
  "12.34.56.64"/26;
  "14.160.20.7"/32;
  "95.24.130.9"/32;
  "2001:db8:bad::"/48;
}

sub rulecast_recv {
  if (fastly.ff.visits_this_service == 0) {
    if (client.geo.country_code ~ "^(?:VN)$") {
      error 403;
    }
    if (client.ip ~ rulecast_scrapers) {
      error 403;
    }
    if (req.http.Referer ~ "(?i)^https?://(?:[^/?#\\]*@)?(?:pics\.hotlink\.example|(?:[a-z0-9_-]+\.)+imagegrab\.example)\.?(?::[0-9]{0,5})?(?:[/?#\\]|$)") {
      error 403;
    }
  }
}
