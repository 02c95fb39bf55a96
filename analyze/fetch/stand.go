package fetch

// StandFor is a User-Agent that stands for others of which there are too many
// to keep apart: one that is a browser's if they are, and that gives an address
// if they do. It stands for itself, and calls itself no crawler, because there
// are those who pretend to be one.
func StandFor(agent []byte) string {
	switch {
	case IsBrowser(agent):
		return "Mozilla/5.0 (pooled) Gecko/"
	case NameOf(agent) != Nameless:
		return "(pooled) @"
	}
	return "(pooled)"
}
