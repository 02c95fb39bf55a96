package main

import (
	"github.com/spf13/cobra"

	"rulecast/analyze/savings"
)

// priceFlags say what the provider bills.
type priceFlags struct {
	perGB      float64
	perMillion float64
	answer     int64
	deniedFree bool
}

// mostPrice bounds prices, so that no sum of them is beyond all measure.
const mostPrice = 1e9

func (f *priceFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.Float64Var(&f.perGB, "price-per-gb", 0, "what 10^9 bytes to clients cost, in any `CURRENCY`: says what denying saves")
	fs.Float64Var(&f.perMillion, "price-per-million", 0, "what a million requests cost, in the same `CURRENCY`")
	fs.Int64Var(&f.answer, "denied-bytes", 0, "size of the answer to a denied request as it is sent, in `BYTES` (default: the mean of the log's answers with 403)")
	fs.BoolVar(&f.deniedFree, "denied-free", false, "the provider bills neither denied requests nor the answers to them")
}

// open checks the flags; nil if there are no prices.
func (f *priceFlags) open(cmd *cobra.Command) (*savings.Prices, error) {
	given := cmd.Flags().Changed
	if !given("price-per-gb") && !given("price-per-million") {
		for _, name := range []string{"denied-bytes", "denied-free"} {
			if given(name) {
				return nil, usagef("--%s is used with --price-per-gb or --price-per-million only", name)
			}
		}
		return nil, nil
	}
	for name, price := range map[string]float64{"price-per-gb": f.perGB, "price-per-million": f.perMillion} {
		if !(price >= 0 && price <= mostPrice) {
			return nil, usagef("--%s %v: must be a number from 0 to %.0f", name, price, mostPrice)
		}
	}
	p := &savings.Prices{PerGB: f.perGB, PerMillion: f.perMillion, Answer: savings.Unknown, DeniedFree: f.deniedFree}
	if given("denied-bytes") {
		if f.answer < 0 || f.answer > savings.MostAnswer {
			return nil, usagef("--denied-bytes %d: must be a number from 0 to %d", f.answer, savings.MostAnswer)
		}
		p.Answer = f.answer
	}
	return p, nil
}
