resource "aws_wafv2_ip_set" "scrapers-v4" {
  name               = "scrapers-v4"
  scope              = "CLOUDFRONT"
  ip_address_version = "IPV4"
  addresses = [
    "12.34.56.64/26",
    "14.160.20.7/32",
    "95.24.130.9/32",
    "198.51.100.0/24",
    "198.51.101.0/24",
    "203.0.113.0/25",
    "192.0.2.15/32",
    "192.0.2.128/25",
    "100.64.7.0/24",
  ]
}

resource "aws_wafv2_ip_set" "scrapers-v6" {
  name               = "scrapers-v6"
  scope              = "CLOUDFRONT"
  ip_address_version = "IPV6"
  addresses          = ["2001:db8:bad::/48"]
}

resource "aws_wafv2_rule_group" "rulecast" {
  name     = "rulecast"
  scope    = "CLOUDFRONT"
  capacity = 16
  rule {
    name     = "country"
    priority = 0
    statement {
      geo_match_statement {
        country_codes = ["VN"]
      }
    }
    action {
      block {}
    }
    visibility_config {
      sampled_requests_enabled   = true
      cloudwatch_metrics_enabled = true
      metric_name                = "country"
    }
  }
  rule {
    name     = "scrapers"
    priority = 1
    statement {
      or_statement {
        statement {
          ip_set_reference_statement {
            arn = aws_wafv2_ip_set.scrapers-v4.arn
          }
        }
        statement {
          ip_set_reference_statement {
            arn = aws_wafv2_ip_set.scrapers-v6.arn
          }
        }
      }
    }
    action {
      block {}
    }
    visibility_config {
      sampled_requests_enabled   = true
      cloudwatch_metrics_enabled = true
      metric_name                = "scrapers"
    }
  }
  rule {
    name     = "embeds"
    priority = 2
    statement {
      regex_match_statement {
        regex_string = "^https?://(?:[^/?#\\\\]*@)?(?:pics\\.hotlink\\.example|(?:[a-z0-9_-]+\\.)+imagegrab\\.example)\\.?(?::[0-9]{0,5})?(?:[/?#\\\\]|$)"
        field_to_match {
          single_header {
            name = "referer"
          }
        }
        text_transformation {
          priority = 0
          type     = "LOWERCASE"
        }
      }
    }
    action {
      block {}
    }
    visibility_config {
      sampled_requests_enabled   = true
      cloudwatch_metrics_enabled = true
      metric_name                = "embeds"
    }
  }
  visibility_config {
    sampled_requests_enabled   = true
    cloudwatch_metrics_enabled = true
    metric_name                = "rulecast"
  }
}
