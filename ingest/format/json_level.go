package format

// jsonLevel is the keys of one object: those that are looked for, and others
// that lines have had, so that one can be told to follow another.
type jsonLevel struct {
	buckets [jsonBuckets]*jsonNode
	start   jsonNode // in place of a key before the first one
	other   jsonNode // any key that is not in a bucket
}

const (
	jsonBuckets = 128
	// Keys that nobody looks for are remembered unless they are long or their
	// bucket is full: lines that have new ones again and again gain nothing, but
	// cost no memory and hardly more time.
	mostLearned    = 4
	longestLearned = 64
	longestLead    = longestLearned + 16
)

// jsonNode is a key of a level.
type jsonNode struct {
	name string
	next *jsonNode // in the same bucket

	// What followed the value the last time: lead, and then the value of after.
	// lead is ,"name": with all white space, and with the quote of the value if
	// quoted. If it is empty, nothing is known.
	after  *jsonNode
	lead   []byte
	quoted bool

	slot  int // number of the value, -1 if nobody looks for it
	kinds uint16
	first bool
	level *jsonLevel // of the object's keys, nil if nobody looks for any
	below []int      // numbers of all values within
}

// learn notes what followed the value: lead, and then the value of after, with
// a quote or without.
func (n *jsonNode) learn(after *jsonNode, lead []byte, quote bool) {
	n.after, n.quoted, n.lead = after, quote && !after.within(), n.lead[:0]
	if len(lead) > longestLead {
		return
	}
	n.lead = append(n.lead, lead...)
	if n.quoted {
		n.lead = append(n.lead, '"')
	}
}

// within reports whether the value is not all that is looked for.
func (n *jsonNode) within() bool { return n.level != nil || n.first }

func (l *jsonLevel) init() {
	l.start.slot, l.other.slot = -1, -1
}

// wanted is the node of a key that is looked for, which is added if it is new.
func (l *jsonLevel) wanted(name string) *jsonNode {
	if node := l.find([]byte(name)); node != nil {
		return node
	}
	return l.add(name)
}

// node is the node of any key.
func (l *jsonLevel) node(key []byte) *jsonNode {
	if node := l.find(key); node != nil {
		return node
	}
	if len(key) > longestLearned {
		return &l.other
	}
	learned := 0
	for node := l.buckets[jsonBucket(key)]; node != nil; node = node.next {
		if node.slot < 0 && node.level == nil {
			learned++
		}
	}
	if learned == mostLearned {
		return &l.other
	}
	return l.add(string(key))
}

func (l *jsonLevel) add(name string) *jsonNode {
	b := jsonBucket(name)
	l.buckets[b] = &jsonNode{name: name, next: l.buckets[b], slot: -1}
	return l.buckets[b]
}

func jsonBucket[T string | []byte](key T) int {
	if len(key) == 0 {
		return 0
	}
	return (len(key)*7 + int(key[len(key)-1]) + int(key[len(key)/2])<<2) & (jsonBuckets - 1)
}

// find returns the node of a key, or nil.
func (l *jsonLevel) find(key []byte) *jsonNode {
	for node := l.buckets[jsonBucket(key)]; node != nil; node = node.next {
		if node.name == string(key) {
			return node
		}
	}
	return nil
}
