package format

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/decompress"
	"rulecast/ingest/record"
)

// corpusCase is what detection and decoding make of the real logs that match a
// pattern below RULECAST_CORPUS; the numbers are sums over the files.
type corpusCase struct {
	pattern    string
	format     string // "" when no format claims them
	rows       int
	skipped    int64
	duplicates int64
	rejects    map[string]int
}

func corpusCases() []corpusCase {
	return []corpusCase{
		{"cloudfront/claygregory-web-*.txt", "cloudfront", 3, 2, 0, nil},
		{"cloudfront/cratesio-basic.log", "cloudfront", 20, 2, 0, nil},
		{"cloudfront/cratesio-basic.log.gz", "cloudfront", 20, 2, 0, nil},
		{"cloudfront/cratesio-percent-encoding.log", "cloudfront", 3, 2, 0, nil},
		{"cloudfront/cratesio-unknown-version.log", "cloudfront", 1, 2, 0, nil},
		{"cloudfront/cratesio-unrelated-traffic.log", "cloudfront", 5, 2, 0, nil},
		{"cloudfront/devworx-*.gz", "cloudfront", 3, 4, 0, nil},
		// A trailing TAB, three rows whose TABs became spaces, status 000.
		{"cloudfront/elastic_integrations__aws_cloudfront__test-cloudfront.log", "cloudfront", 9, 2, 0, nil},
		{"cloudfront/malikparvez-*.gz", "cloudfront", 1, 2, 0, nil},
		{"cloudfront/rkalla-example-100.gz", "cloudfront", 100, 2, 0, nil},
		{"cloudfront/rkalla-example-100k.gz", "cloudfront", 100000, 2, 0, nil},
		{"cloudfront/mapbox-*.gz", "cloudfront", 9, 1, 0, nil}, // rows of 19 columns without a header
		{"cloudfront/*.json", "", 0, 0, 0, nil},                // rows wrapped in JSON events, and what a parser makes of them

		// Line 8899 ends within its User-Agent.
		{"apache_combined/elastic-examples-apache_logs.log", "combined", 9999, 0, 0, map[string]int{reasonQuote: 1}},
		{"apache_combined/elastic-examples-fullstack-apache2.log", "combined", 3420, 0, 0, nil},
		// Lines of several shapes: 5, 7, 10, 12 have a host name as client, 15
		// a virtual host, and 1, 3, 11, 13, 17 no Referer where it belongs.
		{"apache_combined/elastic_integrations__apache__test-access-basic.log", "combined", 7, 0, 0,
			map[string]int{reasonClient: 4, reasonBeforeTime: 1, reasonNoReferer: 5}},
		{"apache_combined/elastic_integrations__apache__test-access-darwin.log", "common", 6, 0, 0, nil},
		{"apache_combined/elastic_integrations__apache__test-access-ssl-request.log", "ssl_request", 2, 0, 0, nil},
		{"apache_combined/elastic_integrations__apache__test-access-ubuntu.log", "combined", 9, 0, 0, nil},
		{"apache_combined/elastic_integrations__apache__test-access-vhost.log", "vhost_combined", 1, 0, 0, nil},
		// Most lines have other fields between bytes and Referer.
		{"apache_combined/elastic_integrations__tomcat__test-access.log", "common", 9, 0, 0, nil},
		{"apache_combined/lnav-shop_access_log-zanbil-1000.log", "combined", 1000, 0, 0, nil},
		// 1 and 15 have no Referer, 8 ends within its User-Agent, and 13 and 14 have
		// bare quotes within the request.
		{"apache_combined/plaso-apache_access.log", "combined", 10, 0, 0,
			map[string]int{reasonNoReferer: 2, reasonQuote: 1, reasonNoStatus: 2}},
		{"apache_combined/*.json", "", 0, 0, 0, nil},

		{"apache_variants/drill-example1.httpd", "combined", 1, 0, 0, nil},
		{"apache_variants/drill-hackers-access-small.httpd", "combined", 10, 0, 0, nil},
		// 1 has two addresses in front, 3 no User-Agent.
		{"apache_variants/drill-multiformat.access_log", "combined", 1, 0, 0, map[string]int{reasonBeforeTime: 1, reasonNoUserAgent: 1}},
		{"apache_variants/drill-typeremap.httpd", "common", 3, 0, 0, nil}, // one of them has a Referer
		// 37, 54 and 87 were anonymised by a careless search and replace.
		{"apache_variants/heka-test-zeus.log", "combined", 92, 0, 0, map[string]int{reasonNoRequest: 3}},
		{"apache_variants/mtail-apache-combined.log", "combined", 5, 0, 0, nil},
		{"apache_variants/mtail-apache-common.log", "common", 3, 0, 0, nil},
		// 4, 9 and 19 have "-" as client.
		{"apache_variants/mtail-lighttpd_access.log", "common", 16, 0, 0, map[string]int{reasonClient: 3}},
		{"apache_variants/webreadr-combined_log.clf", "combined", 12, 0, 0, nil},
		{"apache_variants/webreadr-log.clf", "common", 2, 0, 0, nil},
		{"apache_variants/*/apache_combined__*", "combined", 747, 0, 0, nil},
		{"apache_variants/*/apache_common__*", "common", 100 + 840, 0, 0, nil},
		{"apache_variants/*/apache_vhost__*", "vhost_combined", 2 * (201 + 600), 0, 0, nil},
		{"apache_variants/*/apache_csv__*", "", 0, 0, 0, nil}, // comma-separated

		{"nginx_combined/elastic-examples-fullstack-nginx.log", "combined", 3420, 0, 0, nil},
		// The last two have a virtual host in front.
		{"nginx_combined/elastic_integrations__nginx__test-access.log", "combined", 14, 0, 0, nil},
		{"nginx_combined/elastic_integrations__nginx__test-nginx.log", "", 0, 0, 0, nil},          // most clients are lists or names
		{"nginx_combined/elastic_integrations__nginx__test-test-with-host.log", "", 0, 0, 0, nil}, // the same behind a host
		{"nginx_combined/elastic_integrations__nginx_ingress__test-ingest-raw-ipv6.log", "nginx_ingress", 3, 0, 0, nil},
		{"nginx_combined/elastic_integrations__nginx_ingress__test-ingest-raw.log", "nginx_ingress", 22, 0, 0, nil},
		{"nginx_combined/*.json", "", 0, 0, 0, nil},
		{"nginx_combined/*/nginx_combined__meatlabel*", "combined", 13044, 0, 0, nil},
		{"nginx_combined/*/nginx_combined__saunathinker*", "combined", 1212, 0, 0, nil},

		// Subrequests of Workers, which no viewer sent, are skipped.
		{"cloudflare/elastic_integrations__cloudflare_logpull__test-http-json.log", "cloudflare", 3, 0, 1, nil},
		{"cloudflare/elastic_integrations__cloudflare_logpush__test-pipeline-http-request.log", "cloudflare", 0, 0, 4, nil},
		{"cloudflare/lnav-logfile_cloudflare.1.json", "cloudflare", 15, 0, 0, nil},
		{"cloudflare/*-expected.json", "", 0, 0, 0, nil},
		{"cloudflare/cloudflare-elastic-sample-event.json", "", 0, 0, 0, nil}, // one object over many lines

		{"cdn77/*", "cdn77", 1, 0, 0, nil},
		{"akamai/*", "", 0, 0, 0, nil}, // security events
		{"gcp_lb/*.log", "gcp-lb", 3, 0, 0, nil},
		{"gcp_lb/*.json", "", 0, 0, 0, nil},
		{"fastly/cratesio-*", "fastly-json", 73, 0, 0, nil},
		{"fastly/govuk*", "", 0, 0, 0, nil},                                                  // fields of their own
		{"fastly/pypi*", "", 0, 0, 0, nil},                                                   // a log of downloads
		{"azure_frontdoor/*.log", "azure-frontdoor", 6, 0, 0, map[string]int{jsonBroken: 1}}, // quotes that no JSON has
		{"azure_frontdoor/*.json", "", 0, 0, 0, nil},
		{"azure_appgw/*.log", "azure-appgw", 2, 2, 0, nil},
		{"azure_appgw/*-expected.json", "", 0, 0, 0, nil},
		{"azure_appgw/plaso*.json", "azure-appgw", 2, 0, 0, nil},
		{"iis_w3c/elastic_integrations__iis__*.log", "", 0, 0, 0, nil}, // no #Fields line
		{"iis_w3c/*-expected.json", "", 0, 0, 0, nil},
		{"iis_w3c/lnav-logfile_w3c_big.0", "w3c", 210, 44, 0, nil},
		{"iis_w3c/lnav-w3c.0", "w3c", 1, 4, 0, nil},
		{"iis_w3c/lnav-w3c.1", "w3c", 1, 6, 0, nil}, // Oracle's: many spaces, quotes
		{"iis_w3c/lnav-w3c.2", "", 0, 0, 0, nil},    // FTP
		{"iis_w3c/lnav-w3c.3", "w3c", 2, 7, 0, map[string]int{reasonClient: 1}},
		{"iis_w3c/lnav-w3c.4", "w3c", 2, 4, 0, nil},
		{"iis_w3c/plaso-iis*.log", "w3c", 47, 26, 0, nil},
		{"iis_w3c/webreadr-iis.log", "w3c", 1, 4, 0, nil},

		// The last two are of a Network Load Balancer; two of a Classic one are TCP connections.
		{"aws_alb/plaso-aws_elb_access.log", "aws-alb", 12, 2, 0, map[string]int{reasonNLB: 2}},
		{"aws_alb/vector-multipart-zst.log", "aws-alb", 12, 0, 0, nil},
		// The delivery of a log is skipped, and objects deleted together are duplicates.
		{"aws_s3/elastic_integrations__aws_s3access__test-s3-server-access.log", "aws-s3", 4, 1, 2, nil},
		{"aws_s3/*-expected.json", "", 0, 0, 0, nil},
		{"aws_s3/nekrassov-sample_s3_all_match.log", "aws-s3", 5, 0, 0, nil},
		{"aws_s3/nekrassov-sample_s3_all_unmatch.log", "", 0, 0, 0, nil}, // each cut short behind the User-Agent or before
		{"aws_s3/nekrassov-sample_s3_contains_unmatch.log", "aws-s3", 4, 0, 0, map[string]int{reasonTail: 1}},
		{"aws_s3/webreadr-s3.log", "aws-s3", 6, 0, 0, nil},

		{"bunny/docs-bunny-net-v1-sample.log", "bunny", 1, 0, 0, nil},
		{"bunny/gosuccess-bunny-php-v1-test.log", "bunny", 2, 1, 0, nil},

		{"misc_cdn/gcore-docs-raw-log-sample.log", "gcore", 1, 0, 0, nil},
		{"misc_cdn/fastweb-*.log", "", 0, 0, 0, nil}, // documented nowhere

		{"traefik/elastic_integrations__traefik__test-format-common.log", "traefik", 7, 0, 0, map[string]int{reasonLayoutText: 1}},
		// 1 is of the common shape.
		{"varnish/datadog__varnish_samples.log", "combined", 2, 0, 0, map[string]int{reasonNoReferer: 1}},

		// 2 has a host name before its timers.
		{"haproxy/elastic_integrations__haproxy__test-haproxy.log", "haproxy", 2, 0, 0, map[string]int{reasonTimers: 1}},
		{"haproxy/elastic_integrations__haproxy__test-http*.log", "haproxy", 3 + 1, 0, 0, nil},
		// 1, 2, 3 and 14 are messages.
		{"haproxy/lnav-haproxy.0", "haproxy", 13, 4, 0, nil},
		{"haproxy/elastic_integrations__haproxy__test-default.log", "", 0, 0, 0, nil}, // connections alone
		{"haproxy/elastic_integrations__haproxy__test-error.log", "", 0, 0, 0, nil},
		{"haproxy/elastic_integrations__haproxy__test-tcplog.log", "", 0, 0, 0, nil},
		{"haproxy/*.json", "", 0, 0, 0, nil},
		{"envoy_istio/elastic_integrations__istio__test-access-logs.log", "istio", 10, 0, 0, nil},
		{"envoy_istio/elastic_integrations__istio__test-access-failed.log", "istio", 8, 0, 0, nil},
		{"traefik/elastic_integrations__traefik__test-format-json.log", "traefik-json", 7, 0, 0, nil},
		{"traefik/*-expected.json", "", 0, 0, 0, nil},
		{"caddy/lnav-logfile_caddy_log.1.json", "caddy", 4, 0, 0, nil},
		{"envoy_istio/elastic_integrations__istio__test-access-json-logs.log", "envoy-json", 3, 0, 0, nil},
		{"envoy_istio/*-expected.json", "", 0, 0, 0, nil},
		{"nginx_json/matomo-nginx_json.log", "", 0, 0, 0, nil}, // its names are no variables: a case for Mapped
		{"misc_cdn/huawei-docs-sample.json", "huawei-json", 1, 0, 0, nil},
		{"misc_cdn/wpvip-docs-sample.json", "nginx-json", 1, 0, 0, nil},
	}
}

// TestCorpus decodes real logs. Each file below the folders of the table is in
// it, and rows, rejects and skipped lines are all of its lines.
func TestCorpus(t *testing.T) {
	root := os.Getenv("RULECAST_CORPUS")
	if root == "" {
		t.Skip("RULECAST_CORPUS is not set")
	}
	seen := map[string]bool{}
	for _, c := range corpusCases() {
		files, err := filepath.Glob(filepath.Join(root, c.pattern))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no files (%v)", c.pattern, err)
		}
		got := corpusCase{pattern: c.pattern, format: c.format}
		for _, file := range files {
			seen[file] = true
			got.add(t, file)
		}
		if diff := cmp.Diff(c, got, cmp.AllowUnexported(corpusCase{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.pattern, diff)
		}
	}
	for _, pattern := range []string{"[a-z]*/*", "apache_variants/*/*", "nginx_combined/*/*"} {
		files, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, file := range files {
			if info, err := os.Stat(file); err == nil && !info.IsDir() && !seen[file] && !isList(file) {
				t.Errorf("%s is not in the table", strings.TrimPrefix(file, root))
			}
		}
	}
}

// isList reports whether a file is none of the logs, but in a folder of lists or
// databases.
func isList(file string) bool {
	switch filepath.Base(filepath.Dir(file)) {
	case "iplists", "refererlists", "mmdb":
		return true
	}
	return false
}

// add decodes one file.
func (c *corpusCase) add(t *testing.T, file string) {
	t.Helper()
	data := corpusLog(t, file)
	head := data[:min(len(data), 1<<16)]
	f, misses := Detect(head, len(head) == len(data))
	if f == nil {
		if c.format = ""; len(misses) != len(All()) {
			t.Errorf("%s: %d misses for %d formats", file, len(misses), len(All()))
		}
		return
	}
	c.format = f.Name
	if f.New == nil {
		t.Errorf("%s: detected as %s, which has no lines", file, f.Name)
		return
	}
	data = append(bytes.TrimSuffix(data, []byte{'\n'}), '\n')
	lines := int64(bytes.Count(data, []byte{'\n'}))
	b, d, at := record.NewBuilder(record.AllColumns), f.New(), &Position{}
	rows, rejects := 0, 0
	for len(data) > 0 {
		data = data[d.Decode(data, b, at):]
		batch := b.Flush(0)
		rows += batch.Rows
		rejects += len(batch.Rejects)
		for _, r := range batch.Rejects {
			if c.rejects == nil {
				c.rejects = map[string]int{}
			}
			c.rejects[r.Reason]++
		}
		b.Reset()
	}
	c.rows += rows
	c.skipped += at.Skipped
	c.duplicates += at.Duplicates
	if at.Line != lines || int64(rows+rejects)+at.Skipped+at.Duplicates != lines {
		t.Errorf("%s: %d rows, %d rejects, %d skipped, %d duplicates, %d lines read of %d", file, rows, rejects, at.Skipped, at.Duplicates, at.Line, lines)
	}
}

// corpusLog is the content of a file, unpacked.
func corpusLog(t *testing.T, file string) []byte {
	t.Helper()
	packed, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	var r decompress.Reader
	r.Reset(packed)
	data, err := io.ReadAll(&r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
