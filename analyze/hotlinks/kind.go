package hotlinks

import "rulecast/analyze/fetch"

// Kind is what a request fetches, as far as the way there matters: a page of
// another site embeds images, and links to documents.
type Kind = fetch.Kind

// The kinds. What a page's script asks for is embedded, too.
const (
	Unclear  = fetch.Unclear
	Document = fetch.Document
	Embed    = fetch.Embed
)

// embedding is a kind as one of these.
func embedding(k Kind) Kind {
	if k == fetch.Data {
		return Embed
	}
	return k
}
