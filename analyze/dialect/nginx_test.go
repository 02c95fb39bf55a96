package dialect_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rulecast/analyze/dialect"
	"rulecast/analyze/geo"
	"rulecast/analyze/policy"
	"rulecast/ingest/referer"
)

func TestNginx(t *testing.T) {
	refererVerdicts(t, "nginx")
	long := strings.Repeat("long-", 10) + "name.example"
	rs := parse(t, "provider: nginx\nrules:\n- {id: Bad Bots, ip: {allow: [192.0.2.0/24]}}\n- {id: denied, country: {block: [CN, CN]}}\n"+
		"- {id: x, referer: {block: [default, "+long+", '*."+long+"', 'https://[2001:db8::1]/'], allow_null_referer: false}}\n")
	if len(rs.Rules[1].Entries) != 1 {
		t.Error("nginx refuses a map with a value twice")
	}
	text := rendered(t, "nginx", rs)
	for _, want := range []string{
		"geo $rulecast_bad_bots {\n    default 1;\n    192.0.2.0/24 0;\n}\n", "$rulecast_denied_2 {\n    default 0;\n    CN 1;\n}\n",
		"    \"\" 1;\n    \\default 1;\n    \"~*^" + strings.ReplaceAll(long, ".", `\\.`) + "$\" 1;\n    \"~*\\\\." + strings.ReplaceAll(long, ".", `\\.`) + "$\" 1;\n    [2001:db8::1] 1;\n",
		"map \"$rulecast_bad_bots$rulecast_denied_2$rulecast_x\" $rulecast_denied {",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	good := rendered(t, "nginx", load(t, "nginx.conf"))
	for change, words := range map[[2]string]string{
		{"    VN 1;", "    VN 0;"}: "must be 1", {"    VN 1;", "    UK 1;"}: "GB",
		{"    VN 1;", "    include x;"}: "not read here", {"    VN 1;", "    volatile;"}: "not read here", {"    VN 1;", "    VN 1 2;"}: "want ;",
		{"    \"\" 0;\n    pics", "    pics"}: "missing Referer", {"*.imagegrab", "~img"}: "not a host name", {"default 1;", "default 2;"}: "must be {",
		{"    default 0;\n    VN", "    VN"}: "default is missing", {"$http_referer", "$http_origin"}: "not read here", {"a-z0-9_-", "a-z"}: "not the one",
		{"map \"$rulecast_country", "map \"x$rulecast_country"}: "must be the variables", {"map \"$rulecast_country", "map \"$rulecast_none"}: "no geo or map of $rulecast_none",
		{"map \"$rulecast_country", "server {} map \"$rulecast_country"}: "want geo or map", {"\"~^0*$\" 0;\n}", "\"~^0*$\" 0;\n} if"}: "want the end",
		{"$rulecast_country {", "$country {"}: "begin with", {"pics.hotlink.example 1;", "pics.hotlink.example 1"}: "want ;",
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if _, err := dialect.Parse("t", []byte(text), dialect.Options{}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", change, err)
		}
	}
	unused := parse(t, strings.Replace(good, "map \"$rulecast_country", "map \"", 1))
	warned(t, unused, 10, "denies nothing")
}

// runNginx starts nginx with a ruleset and returns a client for it. The
// client's address and country are taken from headers.
func runNginx(t *testing.T, rs *policy.Ruleset) *http.Client {
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed")
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	conf := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http {
  access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  real_ip_header X-Client; set_real_ip_from unix:;
  map $http_x_country $geoip2_data_country_code { default $http_x_country; }
  include %[1]s/ruleset.conf;
  server { listen unix:%[2]s; location / { if ($rulecast_denied) { return 403; } return 204; } }
}
`, dir, socket)
	for name, text := range map[string]string{"nginx.conf": conf, "ruleset.conf": rendered(t, "nginx", rs)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-c", filepath.Join(dir, "nginx.conf"), "-p", dir)
	var messages strings.Builder
	cmd.Stderr = &messages
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("unix", socket); err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			t.Fatalf("nginx does not start: %s", messages.String())
		}
	}
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
}

// TestNginxItself holds what a replay says against the program, where it is
// installed.
func TestNginxItself(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	long := strings.Repeat("long-", 10) + "name.example"
	for _, text := range []string{
		"ip: {block: [192.0.2.0/24, 192.0.2.7, '2001:db8::/32', 0.0.0.0/4]}\ncountry: {block: [CN]}\nreferer: {block: [a.example, '*.b.example', default, " + long + ", '*." + long + "'], allow_null_referer: true}",
		"ip: {allow: [192.0.0.0/8, '2001:db8::7', 0.0.0.0/4]}\ncountry: {allow: [IN, US]}\nreferer: {allow: [a.example, '*.b.example', 'https://[2001:db8::1]/'], allow_null_referer: false}",
		"ip: {block: [0.0.0.0/0]}\nreferer: {allow: [], allow_null_referer: true}",
		"ip: {block: []}\nreferer: {block: [a.example], allow_null_referer: false}",
		"",
	} {
		rs := parse(t, "provider: nginx\n"+text+"\n")
		client := runNginx(t, rs)
		for range 300 {
			country := pick("CN", "IN", "US", "")
			ref := pick("https://", "HTTP://", "ftp://", "", "https:") + pick("", "", "u@", "a.example@", "a.example:1@") +
				pick("", "www.", "x.y.") + pick("a.example", "A.Example", "b.example", "default", "[2001:db8::1]", long, "c.example", "") +
				pick("", "", ":80", ":", ":123456", "..") + pick("", "/", "/a", "?x", "#", `\`, "@c.example/")
			q := ask(pick("192.0.2.7", "192.0.9.1", "2001:db8::7", "2001:db9::7", "10.0.0.1", "8.8.8.8"), "ZZ", "-", "", "/")
			q.Country = geo.Parse(country)
			q.Referer, q.Class = referer.Parse([]byte(ref))
			request, err := http.NewRequest(http.MethodGet, "http://cdn.example/", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header = http.Header{"X-Client": {netip.Addr.String(q.Client)}, "Referer": {ref}, "X-Country": {country}}
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if want, got := verdict(rs, q) != "", response.StatusCode == 403; want != got {
				t.Fatalf("%s\nclient %s, country %q, referer %q (%q, class %d): replay %v, nginx %d", text, q.Client, country, ref, q.Referer, q.Class, want, response.StatusCode)
			}
		}
	}
}
