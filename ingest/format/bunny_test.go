package format

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rulecast/ingest/record"
)

// bunnyLine is a line with some columns, counted from 1, replaced.
func bunnyLine(replace map[int]string) string {
	v := strings.Split("HIT|200|1507167062421|412|390|192.0.2.29|-|https://zone.example/video.mp4?t=1|WA|curl/7|322b688bd63fb63f2babe9de30a5d262|DE", "|")
	for i, s := range replace {
		v[i-1] = s
	}
	return strings.Join(v, "|")
}

func bunnySamples() []sample {
	const plain = "time=2017-10-05T01:31:02.421Z client=192.0.2.29 country=DE scheme=https host=zone.example path=/video.mp4 query=t=1 " +
		"status=200 bytes=412 user_agent=curl/7 cache=HIT request_id=322b688bd63fb63f2babe9de30a5d262"
	with := func(replace ...string) string { return strings.NewReplacer(replace...).Replace(plain) }
	const referred = " referer=https://a.example/ referer_host=a.example user_agent"
	return []sample{
		{bunnyLine(nil), plain},
		{"", "skipped"},
		{bunnyLine(map[int]string{1: "REVALIDATED", 2: "304", 4: "0"}), with("HIT", "REVALIDATED", "status=200 bytes=412", "status=304")},
		{bunnyLine(map[int]string{6: "::ffff:192.0.2.29"}), plain},
		{bunnyLine(nil) + "|412|-|-", plain},
		{bunnyLine(nil) + "|412|bytes=0-10|Bearer x|y", "reject: " + reasonBunnyColumns},
		{bunnyLine(map[int]string{1: "-", 6: "0.0.0.0", 7: "https://a.example/", 12: "-"}) + "|40|bytes=0-10|Bearer x",
			with("192.0.2.29 country=DE", "0.0.0.0", " cache=HIT", "", " user_agent", referred)},
		{bunnyLine(map[int]string{6: "2001:db8:1:2::"}), with("192.0.2.29", "2001:db8:1:2::")},
		{bunnyLine(map[int]string{2: "-", 4: "-", 7: "", 8: "http://zone.example", 9: "-", 10: ""}),
			with(" status=200 bytes=412 user_agent=curl/7", " referer_host=(empty)", "scheme=https", "scheme=http", "/video.mp4 query=t=1", "/")},
		// Bars of clients that leave one way to read the line, and those that do not.
		{bunnyLine(map[int]string{10: "a|b|c"}), with("curl/7", "a|b|c")},
		{bunnyLine(map[int]string{7: "https://a.example/|x", 8: "https://zone.example/a|b?c|d", 10: "e|f"}),
			with("/video.mp4 query=t=1", "/a|b query=c|d", " user_agent=curl/7", " referer=https://a.example/|x referer_host=a.example user_agent=e|f")},
		{bunnyLine(map[int]string{10: "a|WA|b"}), "reject: " + reasonBarePipes},
		{bunnyLine(map[int]string{7: "https://a.example/|https://zone.example/"}), "reject: " + reasonBarePipes},
		{bunnyLine(map[int]string{10: "a|0123abcd|DE|5"}), "reject: " + reasonBarePipes},
		{bunnyLine(map[int]string{8: "/video.mp4"}), "reject: " + reasonBunnyColumns},
		{bunnyLine(map[int]string{9: "wa"}), "reject: " + reasonBunnyColumns},
		{bunnyLine(map[int]string{11: "id"}), "reject: " + reasonBunnyColumns},
		{bunnyLine(map[int]string{12: "Germany"}), "reject: " + reasonBunnyColumns},
		{bunnyLine(nil) + "|", "reject: " + reasonBunnyColumns},
		{bunnyLine(map[int]string{2: "OK"}), "reject: " + reasonStatus},
		{bunnyLine(map[int]string{3: "1507167062.421"}), "reject: " + reasonTime},
		{bunnyLine(map[int]string{4: "x"}), "reject: " + reasonBytes},
		{bunnyLine(map[int]string{6: "-"}), "reject: " + reasonClient},
		{"HIT|200|1507167062421|412|390", "reject: " + reasonBunnyColumns},
		{"HIT|200|1507167062421|412|390|192.0.2.29|-", "reject: " + reasonBunnyColumns},
	}
}

func TestConformBunny(t *testing.T) {
	conform(t, bunny(), bunnyColumns.String(), bunnySamples())
}

// Rows whose address was cut are counted.
func TestBunnyAnonymised(t *testing.T) {
	b := record.NewBuilder(0)
	bunny().New().Decode([]byte(strings.Join([]string{
		bunnyLine(nil), bunnyLine(map[int]string{6: "192.0.2.0"}), bunnyLine(map[int]string{6: "0.0.0.0"}),
		bunnyLine(map[int]string{6: "2001:db8::"}), bunnyLine(map[int]string{2: "x", 6: "192.0.2.0"}), "",
	}, "\n")), b, new(Position))
	if n := b.TakeAnonymised(); n != 3 {
		t.Errorf("%d rows anonymised, want 3", n)
	}
}

// slowBunny reads the columns behind the client in every way there is.
func slowBunny(v string) (ways []bunnyBack) {
	columns := strings.Split(v, "|")
	join := func(from, to int) []byte { return []byte(strings.Join(columns[from:to], "|")) }
	for _, extended := range []int{0, 3} {
		n := len(columns) - extended
		if n < 6 {
			continue
		}
		id, country := columns[n-2], columns[n-1]
		if country != "-" && (len(country) != 2 || !isUpper([]byte(country))) || !isHex([]byte(id)) {
			continue
		}
		for url := 1; url < n-4; url++ {
			if _, _, ok := cutAuthority([]byte(columns[url])); !ok {
				continue
			}
			for edge := url + 1; edge < n-3; edge++ {
				if e := columns[edge]; e == "" || len(e) > 8 || e != "-" && !isUpper([]byte(e)) {
					continue
				}
				ways = append(ways, bunnyBack{join(0, url), join(url, edge), join(edge+1, n-2), []byte(id), []byte(country)})
			}
		}
	}
	return ways
}

func TestBunnyProperty(t *testing.T) {
	column := rapid.SampledFrom([]string{"-", "", "https://a.example/", "http://b", "WA", "DE", "u a", "0123abcdef", "5", "TOOLONGCODE"})
	rapid.Check(t, func(t *rapid.T) {
		v := strings.Join(rapid.SliceOfN(column, 1, 12).Draw(t, "columns"), "|")
		ways := slowBunny(v)
		var got bunnyBack
		reason := got.parse([]byte(v))
		want := reasonBarePipes
		switch len(ways) {
		case 0:
			want = reasonBunnyColumns
		case 1:
			want = ""
			if diff := cmp.Diff(ways[0], got, cmp.AllowUnexported(bunnyBack{})); diff != "" {
				t.Fatalf("%q (-slow +fast):\n%s", v, diff)
			}
		}
		if reason != want {
			t.Fatalf("%q: %q, want %q", v, reason, want)
		}
	})
}
