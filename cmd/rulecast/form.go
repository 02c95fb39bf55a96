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

// storeFlags say how s3:// inputs are reached, where the environment does not.
type storeFlags struct {
	endpoint, region string
	anonymous        bool
}

func (f *storeFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.endpoint, "s3-endpoint", "", "`URL` of the store of s3:// inputs (default: $AWS_ENDPOINT_URL_S3, $AWS_ENDPOINT_URL or Amazon)")
	fs.StringVar(&f.region, "s3-region", "", "`REGION` of the buckets (default: $AWS_REGION, or as the store says)")
	fs.BoolVar(&f.anonymous, "s3-anonymous", false, "read buckets that are open to everybody, without credentials")
}

// storeFlagNames are the flags that add makes.
var storeFlagNames = []string{"s3-endpoint", "s3-region", "s3-anonymous"}
