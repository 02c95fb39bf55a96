package format

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"rulecast/ingest/record"
)

var cloudFrontJSONSamples = []sample{
	{
		`{"date":"2024-11-20","time":"10:00:01","x-edge-location":"FRA56-P1","sc-bytes":"5120","c-ip":"203.0.113.7","cs-method":"GET",` +
			`"cs(Host)":"d111.cloudfront.net","cs-uri-stem":"/a%2520b.jpg","sc-status":"200","cs(Referer)":"https://Evil.example/x%2520y",` +
			`"cs(User-Agent)":"Mozilla/5.0%20(X11)","cs-uri-query":"w=1","x-edge-result-type":"Hit","x-edge-request-id":"abc==",` +
			`"x-host-header":"img.example.com","cs-protocol":"https","x-forwarded-for":"198.51.100.1,%2010.0.0.1","sc-content-type":"image/jpeg","c-country":"de","asn":"64500"}`,
		`time=2024-11-20T10:00:01Z client=203.0.113.7 forwarded="198.51.100.1, 10.0.0.1" country=DE asn=64500 method=GET scheme=https host=img.example.com ` +
			`path=/a%20b.jpg query=w=1 status=200 bytes=5120 referer=https://Evil.example/x%20y referer_host=evil.example user_agent="Mozilla/5.0 (X11)" ` +
			`cache=Hit content_type=image/jpeg request_id=abc==`,
	},
	{`{"timestamp(ms)":1732096801123,"c-ip":"2001:db8::1","sc-status":"000","sc-bytes":7,"cs(Referer)":"-","cs-uri-query":"-"}`,
		`time=2024-11-20T10:00:01.123Z client=2001:db8::1 bytes=7`},
	{`{"timestamp(ms)":"1732096801123","c-ip":"203.0.113.7","x-host-header":"-","cs(Host)":"d111.cloudfront.net","sc-bytes":null}`,
		`time=2024-11-20T10:00:01.123Z client=203.0.113.7 host=d111.cloudfront.net`},
	{`{"c-ip":"203.0.113.\u0037","cs(Referer)":"https:\/\/evil.example\/","cs(User-Agent)":"a%2541"}`,
		`client=203.0.113.7 referer=https://evil.example/ referer_host=evil.example user_agent=a%41`},
	{`{"c-ip":"203.0.113.7","cs(User-Agent)":"-","cs(Referer)":""}`, `client=203.0.113.7 referer_host=(empty)`},
	{``, `skipped`},
	{`{"date":"2024-11-20","sc-status":"200"}`, `reject: no client`},
	{`{"c-ip":"-"}`, `reject: client is not an address`},
	{`{"c-ip":"203.0.113.7","sc-status":"OK"}`, `reject: status is not a number`},
	{`{"c-ip":"203.0.113.7","sc-bytes":1.5}`, `reject: bytes are not a number`},
	{`{"c-ip":"203.0.113.7","date":"2024-13-20","time":"10:00:00"}`, `reject: date is not valid`},
	{`{"c-ip":"203.0.113.7","date":"2024-11-20","time":"10:00"}`, `reject: time is not valid`},
	{`{"c-ip":"203.0.113.7","timestamp(ms)":"x"}`, `reject: time is not valid`},
	{`{"c-ip":["203.0.113.7"]}`, `reject: JSON value of an unexpected type`},
	{`{"c-ip":true}`, `reject: JSON value of an unexpected type`},
	{`{"c-ip":"203.0.113.7"`, `reject: JSON object does not end on its line`},
	{`{"c-ip":"203.0.113.7"}}`, `reject: broken JSON`},
	{`203.0.113.7`, `reject: not a JSON object`},
	{`{"C-IP":"203.0.113.7"}`, `reject: no client`},
	{`{"c-ip":"203.0.113.7"}`, `client=203.0.113.7`},
}

func TestConformCloudFrontJSON(t *testing.T) {
	conform(t, cloudFrontJSON(), "time client forwarded country asn method scheme host path query status bytes referer referer_host user_agent cache content_type request_id",
		cloudFrontJSONSamples)
}

// TestCloudFrontJSONIsText writes random rows as text and as JSON: both have to
// read the same.
func TestCloudFrontJSONIsText(t *testing.T) {
	fields := []string{"date", "time", "c-ip", "sc-status", "sc-bytes", "cs-method", "cs-protocol", "x-host-header", "cs(Host)", "cs-uri-stem", "cs-uri-query",
		"cs(Referer)", "cs(User-Agent)", "x-edge-result-type", "x-edge-location", "x-forwarded-for", "c-country", "asn", "sc-content-type", "x-edge-request-id"}
	pieces := []string{"a", "%20", "%2520", "%25", "%41", "\\", `"`, "é", "/", "https://x.example", "http://", "?", "%2F", "Z"}
	rng := rand.New(rand.NewPCG(1, 2))
	text, lines := "#Version: 1.0\n#Fields: "+strings.Join(fields, " ")+"\n", ""
	for i := range 500 {
		row := map[string]string{}
		for _, f := range fields {
			v := ""
			for range 1 + rng.IntN(4) {
				v += pieces[rng.IntN(len(pieces))]
			}
			row[f] = v
			if rng.IntN(5) == 0 {
				row[f] = "-"
			}
		}
		row["date"], row["time"] = "2024-11-20", "10:00:0"+strconv.Itoa(i%10)
		row["c-ip"], row["sc-status"], row["sc-bytes"] = "203.0.113."+strconv.Itoa(i%200), strconv.Itoa(200+i%300), strconv.Itoa(i)
		values := make([]string, len(fields))
		for j, f := range fields {
			values[j] = row[f]
		}
		text += strings.Join(values, "\t") + "\n"
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		lines += string(line) + "\n"
	}
	fromText, fromJSON := decodeBlocks(t, cloudFront(), record.AllColumns, text), decodeBlocks(t, cloudFrontJSON(), record.AllColumns, lines)
	if len(fromJSON.Rejects) > 0 || len(fromText.Rejects) > 0 {
		t.Fatalf("rejects: %v %v", fromText.Rejects, fromJSON.Rejects)
	}
	for i := range fromText.Rows {
		if fromText.Rows[i] != fromJSON.Rows[i] {
			t.Fatalf("row %d:\ntext %s\nJSON %s", i, fromText.Rows[i], fromJSON.Rows[i])
		}
	}
}

func TestSniffJSON(t *testing.T) {
	const flare, front = `{"ClientIP":"203.0.113.7","RayID":"x"}`, `{"c-ip":"203.0.113.7","date":"2024-11-20"}`
	const array = "JSON, but not one object per line"
	for _, c := range []struct {
		head         string
		whole        bool
		front, flare string
	}{
		{front + "\n", true, "", "JSON without the key ClientIP"},
		{flare + "\n", true, "JSON without the keys of CloudFront (c-ip and others)", ""},
		{"\ufeff\r\n" + flare + "\r\n", true, "JSON without the keys of CloudFront (c-ip and others)", ""},
		{"[" + front + ",\n" + front + "]\n", true, array, array},
		{"[\n" + flare + ",\n" + flare + "\n]\n", true, array, array},
		{"{\n  \"ClientIP\": \"203.0.113.7\",\n", false, array, array},
		{flare[:len(flare)-1], false, "JSON without the keys of CloudFront (c-ip and others)", ""},
		{flare[:len(flare)-1], true, jsonCut, jsonCut},
		{"{\"content\":\"tests\"}\n", true, "JSON without the keys of CloudFront (c-ip and others)", ""},
		{"{\"content\":\"tests\"}\n" + flare + "\n", true, "JSON without the keys of CloudFront (c-ip and others)", ""},
		{`"RayID":"x"}` + "\n" + flare + "\n", true, jsonNotObject, ""},
		{"{\"ClientIP\":\"203.0.113.7\"}\n", true, "JSON without the keys of CloudFront (c-ip and others)", "JSON without the keys of Cloudflare, such as EdgeStartTimestamp or RayID"},
		{"", true, jsonNotObject, jsonNotObject},
		{"203.0.113.7 - - [\n", true, jsonNotObject, jsonNotObject},
	} {
		if got := cloudFrontJSON().Sniff([]byte(c.head), c.whole); got != c.front {
			t.Errorf("cloudfront-json: %q: %q, want %q", c.head, got, c.front)
		}
		if got := cloudflare().Sniff([]byte(c.head), c.whole); got != c.flare {
			t.Errorf("cloudflare: %q: %q, want %q", c.head, got, c.flare)
		}
	}
}

// fuzzJSONLines decodes anything and demands that every line is accounted for
// and, where encoding/json agrees that it is an object, looked at as one.
func fuzzJSONLines(t *testing.T, f *Format, block []byte) {
	if len(block) == 0 || block[len(block)-1] != '\n' {
		block = append(bytes.Clone(block), '\n')
	}
	if bytes.Count(block, []byte{'\n'}) >= record.BatchRows {
		return
	}
	all := decodeBlocks(t, f, record.AllColumns, string(block))
	if none := decodeBlocks(t, f, 0, string(block)); len(none.Rows) != len(all.Rows) || none.Skipped != all.Skipped {
		t.Fatalf("%q: the columns asked for change what is a row", block)
	}
	f.Sniff(block, false)
	f.Sniff(block, true)
}

func FuzzCloudFrontJSON(f *testing.F) {
	for _, s := range cloudFrontJSONSamples {
		f.Add([]byte(s.line + "\n"))
	}
	f.Fuzz(func(t *testing.T, block []byte) { fuzzJSONLines(t, cloudFrontJSON(), block) })
}
