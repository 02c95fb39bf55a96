package main

import (
	"github.com/spf13/cobra"

	"rulecast/ingest"
)

// formFlags say how the inputs are written, where that is not to be told from
// the content.
type formFlags struct{ ingest.Form }

func (f *formFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.Format, "format", "", "read every input as this `FORMAT` instead of telling it from the content")
	fs.StringArrayVar(&f.Fields, "field", nil, "read JSON lines or columns whose `NAME=PATH` is client=ip, say (a JSON key, a heading, or #3); repeat it for each column")
	fs.StringVar(&f.LogFormat, "log-format", "", "read lines as this `STRING` says: LogFormat of Apache, log_format of nginx, log-format of HAProxy, varnishncsa -F")
	fs.StringVar(&f.Listed, "fields", "", "`LIST` of the fields in each row of --format cloudfront-realtime or akamai-structured")
}

// formFlagNames are the flags that add makes.
var formFlagNames = []string{"format", "field", "log-format", "fields"}
