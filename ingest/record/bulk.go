package record

import "encoding/binary"

// Columnar files fill many rows at once: their format sets each column for the
// next rows and then ends them all with CommitRows. What is not set of a row is
// absent, but for Time, which has to be set if it was asked for.

// Room is how many rows may be set before the next CommitRows; 0 if the builder
// is Full.
func (b *Builder) Room() int {
	if b.Full() {
		return 0
	}
	return BatchRows - b.rows
}

// Window looks at the times of the next rows: the first n of them are all in
// the window, or all outside. There has to be one time.
func (b *Builder) Window(times []int64) (n int, inside bool) {
	if !b.windowed {
		return len(times), true
	}
	within := func(t int64) bool { return b.since <= t && t < b.until && t != NoTime }
	inside = within(times[0])
	for n = 1; n < len(times) && within(times[n]) == inside; n++ {
	}
	return n, inside
}

// LeaveOut counts n rows that are outside of the window. Nothing was set of
// them.
func (b *Builder) LeaveOut(n int) { b.outside += int64(n) }

// SetTimes is SetTime for the next rows; NoTime where there is none.
func (b *Builder) SetTimes(us []int64) {
	if b.times != nil {
		copy(b.times[b.rows:], us)
	}
}

// SetNumbers is SetStatus, SetBytes or SetASN for the next rows. Rows that have
// null stay as they are.
func (b *Builder) SetNumbers(c Column, values []int64, null int64) {
	switch {
	case c == Bytes && b.bytes != nil:
		setNumbers(b.bytes[b.rows:], values, null)
	case c == Status && b.status != nil:
		setNumbers(b.status[b.rows:], values, null)
	case c == ASN && b.asn != nil:
		setNumbers(b.asn[b.rows:], values, null)
	}
}

func setNumbers[T int64 | uint16 | uint32](dst []T, values []int64, null int64) {
	dst = dst[:len(values)]
	for i, v := range values {
		if v != null {
			dst[i] = T(v)
		}
	}
}

// SetIDs is SetID for the next rows.
func (b *Builder) SetIDs(c Column, ids []ID) {
	if b.ids[c] != nil {
		copy(b.ids[c][b.rows:], ids)
	}
}

// SetIDsThere is SetIDs that leaves rows as they are for which ids has Absent.
func (b *Builder) SetIDsThere(c Column, ids []ID) {
	if b.ids[c] == nil {
		return
	}
	dst := b.ids[c][b.rows:][:len(ids)]
	for i, id := range ids {
		if id != Absent {
			dst[i] = id
		}
	}
}

// SetTexts is SetText for the next n rows. The raw form of a row is only good
// until that of the next one is asked for.
func (b *Builder) SetTexts(c Column, n int, raw func(row int) []byte, decode Decode) {
	t := b.texts[c]
	if t == nil {
		return
	}
	t.data = t.data[:t.ends[b.rows]]
	ends := t.ends[b.rows+1:][:n]
	for i := range ends {
		switch v := raw(i); {
		case isMissing(v):
		case decode != nil:
			t.data = decode(t.data, v)
		default:
			t.data = append(t.data, v...)
		}
		ends[i] = int64(len(t.data))
	}
}

// SetValues is SetValue for the next n rows.
func (b *Builder) SetValues(c Column, n int, value func(row int) []byte) {
	t := b.texts[c]
	if t == nil {
		return
	}
	t.data = t.data[:t.ends[b.rows]]
	ends := t.ends[b.rows+1:][:n]
	for i := range ends {
		t.data = append(t.data, value(i)...)
		ends[i] = int64(len(t.data))
	}
}

// CommitRows ends the next n rows, at most as many as there is Room for, all of
// them in the window. Of the text columns, those in texts were set.
func (b *Builder) CommitRows(n int, texts Columns) {
	for c := range NumColumns {
		t := b.texts[c]
		if t == nil || texts.Has(c) {
			continue
		}
		end := t.ends[b.rows]
		t.data = t.data[:end]
		ends := t.ends[b.rows+1:][:n]
		for i := range ends {
			ends[i] = end
		}
	}
	if b.isRepeated != nil {
		n = b.dropRepeated(n)
	}
	b.rows += n
	if b.times != nil && b.rows < BatchRows {
		b.times[b.rows] = NoTime
	}
}

// InternClients is Intern for many clients: ids[i] becomes the id of raw(i), or
// none if that is no address. If Client was not asked for, the ids of addresses
// are 0. A raw form is only good until the next one is asked for, and none is
// no id that is handed out.
func (b *Builder) InternClients(ids []ID, raw func(i int) []byte, none ID) {
	var bad []int
	c := &clientsAtOnce{all: b.dicts.Clients}
	for from := 0; from < len(ids); from += len(c.at) {
		part := ids[from:min(from+len(c.at), len(ids))]
		c.wide = c.wide[:0]
		for i := range part {
			var ok bool
			if part[i], ok = c.place(i, raw(from+i)); !ok {
				bad = append(bad, from+i)
			}
		}
		if b.ids[Client] == nil {
			clear(part)
		} else {
			c.resolve(part)
		}
	}
	for _, i := range bad {
		ids[i] = none
	}
}

// clientsAtOnce are clients that are looked up together: the addresses of those
// whose id is pending, and where in wide those of the others that are.
type clientsAtOnce struct {
	all  *Addresses
	at   [256]uint32
	wide [][16]byte
}

// place is the id, for now, of client i.
func (c *clientsAtOnce) place(i int, raw []byte) (ID, bool) {
	if addr, ok := parseIPv4(raw); ok {
		c.at[i] = addr
		return pending, true
	}
	if ip, ok := parseIPv6(raw); ok {
		return c.placeAddr(i, &ip), true
	}
	return c.all.internText(raw)
}

// placeAddr is place for an address, which may be an IPv4-mapped one.
func (c *clientsAtOnce) placeAddr(i int, ip *[16]byte) ID {
	if [12]byte(ip[:12]) == mappedPrefix {
		c.at[i] = binary.BigEndian.Uint32(ip[12:])
		return pending
	}
	c.at[i] = uint32(len(c.wide))
	c.wide = append(c.wide, *ip)
	return pendingIPv6
}

func (c *clientsAtOnce) resolve(ids []ID) {
	c.all.resolve(ids, c.at[:len(ids)])
	if len(c.wide) > 0 {
		c.all.resolveIPv6(ids, c.at[:len(ids)], c.wide)
	}
}
