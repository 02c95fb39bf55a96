package record

// NewDicts makes the dictionaries of no stream, for Join to fill.
func NewDicts() *Dicts { return newDicts() }

// Mapping translates the ids of one stream's dictionaries to those of another.
type Mapping struct{ ids [NumColumns][]ID }

// IDs gives, for each id of a dictionary column, the id it is translated to;
// nil if the column was not joined.
func (m *Mapping) IDs(c Column) []ID { return m.ids[c] }

// Join adds the values of other, whose stream has ended like that of d, to the
// dictionaries of the columns given, and says which id each has in d.
func (d *Dicts) Join(other *Dicts, columns ...Column) *Mapping {
	m := &Mapping{}
	for _, c := range columns {
		switch c {
		case Client:
			m.ids[c] = d.Clients.join(other.Clients)
		case RefererHost:
			m.ids[c] = d.RefererHosts.join(other.RefererHosts)
		default:
			m.ids[c] = d.Strings(c).join(other.Strings(c))
		}
	}
	return m
}

func (s *Strings) join(t *Strings) []ID {
	to := make([]ID, t.Len())
	for id := 1; id < len(to); id++ { // 0 is Absent in both
		to[id] = s.intern(t.Bytes(ID(id)), nil)
	}
	return to
}

func (r *RefererHosts) join(t *RefererHosts) []ID {
	to := make([]ID, t.Len())
	for id := range to {
		if t.Class(ID(id)) != 0 {
			to[id] = ID(id) // classes have the same ids everywhere
			continue
		}
		host := t.Bytes(ID(id))
		here, h, ok := r.keys.find(host, verbatim)
		if !ok {
			here = r.add(host, h)
		}
		to[id] = here
	}
	return to
}
