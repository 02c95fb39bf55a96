package record

import (
	"encoding/binary"
	"net/netip"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"rulecast/ingest/referer"
)

// Builder fills batches for one stream. A format sets the columns of a row in
// any order and then calls Commit; what it did not set is absent. Setters of
// columns that were not asked for do nothing, so a format may call them all,
// or ask Wants first where preparing the value costs something.
type Builder struct {
	wants   Columns
	present presenceCounter
	rows    int
	dicts   *Dicts
	rejects []Reject
	samples []byte

	since, until int64 // rows outside since <= time < until are left out
	windowed     bool
	outside      int64
	isRepeated   func(id []byte) bool // nil: none
	repeated     int64

	pooling *Pooling // nil: none

	cut        bool // the client of the row at hand is taken for a network
	anonymised int64

	times   []int64
	bytes   []int64
	status  []uint16
	asn     []uint32
	ids     [NumColumns][]ID
	pending []uint32 // where the client's id is pending, its address; where it is pendingIPv6, the place of that in ipv6
	ipv6    [][16]byte
	texts   [NumColumns]*textColumn
	filled  []*textColumn // those of texts that were asked for
	fixed   [NumColumns]*memory.Buffer

	batch Batch
	upper [2]byte
}

type textColumn struct {
	ends []int64 // where row i begins; the memory is that of fixed
	data []byte
}

// NewBuilder makes a builder, and the dictionaries of its stream, that fills
// the columns given.
func NewBuilder(wants Columns) *Builder {
	b := &Builder{wants: wants, dicts: newDicts()}
	for c := range NumColumns {
		b.batch.at[c] = -1
		if wants.Has(c) {
			b.allocate(c)
		}
	}
	return b
}

func (b *Builder) allocate(c Column) {
	buf := memory.NewResizableBuffer(memory.DefaultAllocator)
	switch c {
	case Time, Bytes:
		buf.Resize(BatchRows * arrow.Int64SizeBytes)
		ints := arrow.Int64Traits.CastFromBytes(buf.Bytes())
		if c == Time {
			b.times = ints
			ints[0] = NoTime
		} else {
			b.bytes = ints
		}
	case Status:
		buf.Resize(BatchRows * arrow.Uint16SizeBytes)
		b.status = arrow.Uint16Traits.CastFromBytes(buf.Bytes())
	case ASN:
		buf.Resize(BatchRows * arrow.Uint32SizeBytes)
		b.asn = arrow.Uint32Traits.CastFromBytes(buf.Bytes())
	case Forwarded, Path, Query, Referer, RequestID:
		buf.Resize((BatchRows + 1) * arrow.Int64SizeBytes)
		b.texts[c] = &textColumn{ends: arrow.Int64Traits.CastFromBytes(buf.Bytes())}
		b.filled = append(b.filled, b.texts[c])
	default:
		buf.Resize(BatchRows * arrow.Uint32SizeBytes)
		b.ids[c] = arrow.Uint32Traits.CastFromBytes(buf.Bytes())
	}
	if c == Client {
		b.pending = make([]uint32, BatchRows)
	}
	b.fixed[c] = buf
	b.clear(c, BatchRows)
}

// Wants reports whether the column was asked for.
func (b *Builder) Wants(c Column) bool { return b.wants.Has(c) }

// Wanted is the set of columns asked for.
func (b *Builder) Wanted() Columns { return b.wants }

// SetPresent says which columns the log has from the row at hand on, filled or
// not. A format calls it when it knows, and again when that changes.
func (b *Builder) SetPresent(cs Columns) {
	if cs != b.present.now {
		b.present.count(b.rows)
		b.present.now = cs
	}
}

// Presence says which columns the rows committed of the input at hand had.
func (b *Builder) Presence() *Presence {
	b.present.count(b.rows)
	return &b.present.Presence
}

// Rows is the number of rows committed since the last Reset.
func (b *Builder) Rows() int { return b.rows }

// Rejects are those recorded since the last Reset, valid until the next one.
func (b *Builder) Rejects() []Reject { return b.rejects }

// Full reports whether the batch has to be flushed before the next row.
func (b *Builder) Full() bool { return b.rows == BatchRows || len(b.rejects) >= BatchRows }

// SetTime sets the time in µs since the Unix epoch, UTC.
func (b *Builder) SetTime(us int64) {
	if b.times != nil {
		b.times[b.rows] = us
	}
}

// SetBytes sets the bytes sent to the client.
func (b *Builder) SetBytes(n int64) {
	if b.bytes != nil {
		b.bytes[b.rows] = n
	}
}

// SetStatus sets the HTTP status; 0 is "none".
func (b *Builder) SetStatus(code uint16) {
	if b.status != nil {
		b.status[b.rows] = code
	}
}

// SetASN sets the client's autonomous system number; 0 is "none".
func (b *Builder) SetASN(n uint32) {
	if b.asn != nil {
		b.asn[b.rows] = n
	}
}

// SetClient sets the client from text: an address, also in brackets, with a
// port or with a zone. It reports false if raw is none, and the row is then a
// reject.
func (b *Builder) SetClient(raw []byte) bool {
	if addr, ok := parseIPv4(raw); ok {
		b.setIPv4(addr)
		return true
	}
	if ip, ok := parseIPv6(raw); ok {
		b.setIPv6(&ip)
		return true
	}
	id, ok := b.dicts.Clients.internText(raw)
	if ids := b.ids[Client]; ids != nil {
		ids[b.rows] = id
	}
	return ok
}

// setIPv4 leaves a client to be looked up with others.
func (b *Builder) setIPv4(addr uint32) {
	if ids := b.ids[Client]; ids != nil {
		ids[b.rows], b.pending[b.rows] = pending, addr
	}
}

// setIPv6 does the same, unless too many are left already, because rows are
// dropped.
func (b *Builder) setIPv6(ip *[16]byte) {
	ids := b.ids[Client]
	switch {
	case ids == nil:
	case [12]byte(ip[:12]) == mappedPrefix:
		b.setIPv4(binary.BigEndian.Uint32(ip[12:]))
	case len(b.ipv6) == BatchRows:
		ids[b.rows] = b.dicts.Clients.internIPv6(ip)
	default:
		ids[b.rows], b.pending[b.rows] = pendingIPv6, uint32(len(b.ipv6))
		b.ipv6 = append(b.ipv6, *ip)
	}
}

// SetClientAddr sets the client from a valid address.
func (b *Builder) SetClientAddr(a netip.Addr) {
	if b.ids[Client] != nil {
		b.ids[Client][b.rows] = b.dicts.Clients.internAddr(a)
	}
}

// SetCountry sets the client's country. Two letters are an ISO code in either
// case; XX and ZZ (unknown), and anything else, are absent.
func (b *Builder) SetCountry(raw []byte) {
	if b.ids[Country] != nil {
		b.ids[Country][b.rows] = b.internCountry(raw)
	}
}

func (b *Builder) internCountry(raw []byte) ID {
	if len(raw) != 2 || !isLetter(raw[0]) || !isLetter(raw[1]) {
		return Absent
	}
	b.upper = [2]byte{raw[0] &^ 0x20, raw[1] &^ 0x20}
	if b.upper == [2]byte{'X', 'X'} || b.upper == [2]byte{'Z', 'Z'} {
		return Absent
	}
	return b.dicts.Countries.intern(b.upper[:], nil)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// SetString sets Method, Scheme, UserAgent, Cache, ContentType or Action from
// raw as it stands in the log; decode (nil: verbatim) is called only for raw
// forms not seen before. "-" and "" are absent.
func (b *Builder) SetString(c Column, raw []byte, decode Decode) {
	if b.ids[c] == nil {
		return
	}
	if isMissing(raw) {
		b.ids[c][b.rows] = Absent
		return
	}
	b.ids[c][b.rows] = b.dicts.Strings(c).intern(raw, decode)
}

// SetHost sets the host the viewer asked for: lower-cased, and without port
// and trailing dot.
func (b *Builder) SetHost(raw []byte) {
	if b.ids[Host] == nil {
		return
	}
	if isMissing(raw) {
		b.ids[Host][b.rows] = Absent
		return
	}
	b.ids[Host][b.rows] = b.dicts.Hosts.intern(raw, canonicalHost)
}

// SetText sets Forwarded, Path, Query or RequestID; decode as in SetString. "-"
// and "" are absent.
func (b *Builder) SetText(c Column, raw []byte, decode Decode) {
	t := b.texts[c]
	if t == nil {
		return
	}
	t.data = t.data[:t.ends[b.rows]]
	switch {
	case isMissing(raw):
	case decode != nil:
		t.data = decode(t.data, raw)
	default:
		t.data = append(t.data, raw...)
	}
}

// SetReferer sets Referer and RefererHost from the header as it stands in the
// log: "-" is an absent header and "" an empty one.
func (b *Builder) SetReferer(raw []byte, decode Decode) {
	if ids := b.ids[RefererHost]; ids != nil {
		ids[b.rows] = b.dicts.RefererHosts.intern(raw, decode)
	}
	b.SetText(Referer, raw, decode)
}

func isMissing(raw []byte) bool { return len(raw) == 0 || len(raw) == 1 && raw[0] == '-' }

// SetWindow makes Commit leave out rows whose time is not in since <= t < until
// (µs since the Unix epoch) and rows without a time. Time must be asked for.
func (b *Builder) SetWindow(since, until int64) {
	b.since, b.until, b.windowed = since, until, true
}

// TakeOutside returns how many rows the window has left out since the last call.
func (b *Builder) TakeOutside() int64 {
	n := b.outside
	b.outside = 0
	return n
}

// Commit ends the row. The builder must not be Full.
func (b *Builder) Commit() {
	n := b.rows
	if b.windowed && (b.times[n] < b.since || b.times[n] >= b.until || b.times[n] == NoTime) {
		b.outside++
		b.dropRow()
		return
	}
	if b.repeats() {
		b.repeated++
		b.dropRow()
		return
	}
	b.rows++
	if b.cut {
		b.cut = false
		b.anonymised++
	}
	for _, t := range b.filled {
		t.ends[n+1] = int64(len(t.data))
	}
	if b.times != nil && b.rows < BatchRows {
		b.times[b.rows] = NoTime
	}
}

// Reject drops what was set of the row and records the line (from 1) as one
// that could not be read. The reason is one of few constant texts; at most
// MaxRejectSample bytes of raw are copied. The builder must not be Full.
func (b *Builder) Reject(line int64, reason string, raw []byte) {
	b.dropRow()
	raw = raw[:min(len(raw), MaxRejectSample)]
	at := len(b.samples)
	b.samples = append(b.samples, raw...)
	b.rejects = append(b.rejects, Reject{Line: line, Reason: reason, Sample: b.samples[at:len(b.samples):len(b.samples)]})
}

func (b *Builder) dropRow() {
	b.cut = false
	n := b.rows
	if n == BatchRows {
		return
	}
	if b.times != nil {
		b.times[n] = NoTime
	}
	if b.bytes != nil {
		b.bytes[n] = 0
	}
	if b.status != nil {
		b.status[n] = 0
	}
	if b.asn != nil {
		b.asn[n] = 0
	}
	if ids := b.ids[Client]; ids != nil && ids[n] == pendingIPv6 {
		b.ipv6 = b.ipv6[:min(int(b.pending[n]), len(b.ipv6))] // it is the last one
	}
	for c := range NumColumns {
		if ids := b.ids[c]; ids != nil {
			ids[n] = b.absent(c)
		}
		if t := b.texts[c]; t != nil {
			t.data = t.data[:t.ends[n]]
		}
	}
}

// clear makes the first rows of a column absent.
func (b *Builder) clear(c Column, rows int) {
	switch {
	case b.texts[c] != nil:
		b.texts[c].data = b.texts[c].data[:0]
		b.texts[c].ends[0] = 0
	case b.ids[c] != nil:
		absent := b.absent(c)
		for i := range rows {
			b.ids[c][i] = absent
		}
	case c == Time:
		b.times[0] = NoTime
	case c == Bytes:
		clear(b.bytes[:rows])
	case c == Status:
		clear(b.status[:rows])
	case c == ASN:
		clear(b.asn[:rows])
	}
}

func (b *Builder) absent(c Column) ID {
	if c == RefererHost {
		return ID(referer.ClassAbsent)
	}
	return Absent
}

// Flush makes the rows committed and the rejects recorded since the last Flush
// into a batch, which is valid until the next one.
func (b *Builder) Flush(input int) *Batch {
	b.present.count(b.rows)
	if b.ids[Client] != nil {
		b.resolve(b.rows)
	}
	out := &b.batch
	out.Input, out.Rows, out.Present, out.Dicts = input, b.rows, b.present.now|b.present.All(), b.dicts
	out.Rejects = b.rejects
	out.columns = b.record(b.rows)
	return out
}

// resolve looks the clients of the first rows up that are pending.
func (b *Builder) resolve(rows int) {
	ids, at := b.ids[Client][:rows], b.pending[:rows]
	b.dicts.Clients.resolve(ids, at)
	if len(b.ipv6) > 0 {
		b.dicts.Clients.resolveIPv6(ids, at, b.ipv6)
		b.ipv6 = b.ipv6[:0]
	}
}

// Reset forgets the flushed rows. It is called when the batch was consumed.
func (b *Builder) Reset() {
	for c := range NumColumns {
		if b.wants.Has(c) {
			b.clear(c, min(b.rows+1, BatchRows))
		}
	}
	b.rows, b.present.from = 0, 0
	b.rejects = b.rejects[:0]
	b.samples = b.samples[:0]
}

// NextInput forgets which columns were present, before the next input begins.
func (b *Builder) NextInput() { b.present = presenceCounter{} }

func (b *Builder) record(rows int) arrow.Record {
	fields := make([]arrow.Field, 0, NumColumns)
	columns := make([]arrow.Array, 0, NumColumns)
	for c := range NumColumns {
		if !b.wants.Has(c) {
			continue
		}
		b.batch.at[c] = len(columns)
		column := b.arrowColumn(c, rows)
		columns = append(columns, column)
		fields = append(fields, arrow.Field{Name: c.String(), Type: column.DataType()})
	}
	return array.NewRecord(arrow.NewSchema(fields, nil), columns, int64(rows))
}

func (b *Builder) arrowColumn(c Column, rows int) arrow.Array {
	var kind arrow.DataType
	buffers := []*memory.Buffer{nil, b.fixed[c]}
	switch c {
	case Time, Bytes:
		kind = arrow.PrimitiveTypes.Int64
	case Status:
		kind = arrow.PrimitiveTypes.Uint16
	case Forwarded, Path, Query, Referer, RequestID:
		kind = arrow.BinaryTypes.LargeBinary
		buffers = append(buffers, memory.NewBufferBytes(b.texts[c].data))
	default:
		kind = arrow.PrimitiveTypes.Uint32
	}
	data := array.NewData(kind, rows, buffers, nil, 0, 0)
	return array.MakeFromData(data)
}
