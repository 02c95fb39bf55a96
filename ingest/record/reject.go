package record

// MaxRejectSample is how much of a rejected line rides in a Batch, in bytes.
const MaxRejectSample = 200

// Reject is a line (or a row of a columnar file) that could not be read.
type Reject struct {
	// Line is the number of the line, from 1; of the row in columnar files. In
	// batches of a file that several streams read, it is a place that only puts
	// the lines in order, unless rejects are written to a file.
	Line   int64
	Reason string // one of few constant texts, so that they can be counted
	Sample []byte // its first MaxRejectSample bytes
}

// Input is the account of one input: what was read and what was not.
// Lines = Rows + Rejects + Skipped + Duplicates + Outside, always.
type Input struct {
	Name       string
	CopyOf     string // name of the input that has the same bytes and was read instead; "" if this one was
	Format     string // "" when none was recognised
	Title      string // of the format, for people
	Because    string // why it was recognised, for people; "" if it was asked for
	Packing    string // "plain", "gzip", "zstd", "bzip2", "parquet"
	Lines      int64  // lines (rows of a columnar file), the last one even when it has no newline
	Rows       int64  // requests
	Rejects    int64
	Skipped    int64    // headers, comments, blank lines
	Duplicates int64    // further records of requests that the log has as the viewer made them
	Repeated   int64    // of Duplicates, those that another input has under the same id
	Outside    int64    // requests left out by the time window asked for
	Anonymised int64    // of Rows, those whose client is an address that the provider has cut: a network (see CutNetwork), never one client
	BytesRead  int64    // as stored, before decompression
	Through    Through  // requests from trusted proxies, if these were asked for
	Present    Presence // which columns the requests had
	Reasons    []Reason
	Err        error // why it could not be read to its end, or at all; does not repeat Name
}

// Reason is how often lines were rejected for one reason, with the first of
// them.
type Reason struct {
	Reason string
	Count  int64
	First  Reject
}
