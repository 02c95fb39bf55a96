package format

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rulecast/ingest/record"
)

func FuzzCloudFront(f *testing.F) { fuzzText(f, cloudFront(), cloudFrontSamples()) }
func FuzzCombined(f *testing.F)   { fuzzText(f, combined(), combinedSamples()) }
func FuzzCommon(f *testing.F)     { fuzzText(f, common(), combinedSamples()) }

func FuzzW3C(f *testing.F) { fuzzText(f, w3cExtended(), w3cSamples()) }

func FuzzALB(f *testing.F) { fuzzText(f, awsALB(), albSamples()) }
func FuzzS3(f *testing.F)  { fuzzText(f, awsS3(), s3Samples()) }

func FuzzBunny(f *testing.F) { fuzzText(f, bunny(), bunnySamples()) }

func FuzzRealTime(f *testing.F) { fuzzText(f, cloudFrontRealTime(), realTimeSamples()) }

func FuzzGcore(f *testing.F)   { fuzzText(f, gcore(), gcoreSamples()) }
func FuzzAlibaba(f *testing.F) { fuzzText(f, alibabaOffline(), alibabaOfflineSamples()) }
func FuzzHuawei(f *testing.F)  { fuzzText(f, huaweiOffline(), huaweiOfflineSamples()) }
func FuzzTencent(f *testing.F) { fuzzText(f, tencentOffline(), tencentOfflineSamples()) }
func FuzzFastly(f *testing.F)  { fuzzText(f, fastlyCommon(), fastlyCommonSamples()) }

func FuzzVhostCombined(f *testing.F) {
	f.Add([]byte("a.example:443 192.0.2.1 - -" + logTime + `"GET / HTTP/1.1" 200 5 "-" "u" "192.0.2.7"`))
	fuzzText(f, vhostCombined(), combinedSamples())
}

// fuzzText demands of any bytes that the accounts add up (decodeWith looks
// after that), that blocks may be cut at any line, and that the rejects do not
// depend on the columns asked for.
func fuzzText(f *testing.F, format *Format, samples []sample) {
	var header []byte
	for _, s := range samples {
		if s.want == "skipped" {
			header = append(append(header, s.line...), '\n')
		} else {
			f.Add(append(bytes.Clone(header), s.line...))
		}
	}
	all, bytesOnly := record.NewBuilder(record.AllColumns), record.NewBuilder(record.ColumnSet(record.Bytes))
	f.Fuzz(func(t *testing.T, block []byte) {
		Detect(block, true)
		Detect(block, false)
		if bytes.Count(block, []byte{'\n'}) >= record.BatchRows {
			return
		}
		block = append(bytes.Clone(block), '\n')
		one := decodeWith(t, format, all, string(block))
		var lines []string
		for _, line := range bytes.SplitAfter(block, []byte{'\n'}) {
			lines = append(lines, string(line))
		}
		if diff := cmp.Diff(one, decodeWith(t, format, all, lines...)); diff != "" {
			t.Errorf("line by line (-one block +lines):\n%s", diff)
		}
		few := decodeWith(t, format, bytesOnly, string(block))
		if diff := cmp.Diff(one.Rejects, few.Rejects); diff != "" || one.Skipped != few.Skipped || one.Duplicates != few.Duplicates || len(one.Rows) != len(few.Rows) {
			t.Errorf("rejects depend on the columns asked for:\n%s", diff)
		}
	})
}
