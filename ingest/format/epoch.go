package format

// parseEpoch reads a whole number of seconds, ms, µs or ns since the Unix
// epoch, or seconds with a fraction, as µs. The unit follows from the
// magnitude: each stands for times between the years 1973 and 5138.
func parseEpoch(raw []byte) (int64, bool) {
	if len(raw) == 0 || len(raw) > 19 { // the ns of an int64 have 19 digits
		return parseSeconds(raw)
	}
	var n uint64
	for _, c := range raw {
		if c < '0' || c > '9' {
			return parseSeconds(raw)
		}
		n = n*10 + uint64(c-'0')
	}
	return epochMicros(n), true
}

// epochMicros is a number of seconds, ms, µs or ns, told by its magnitude, as
// µs.
func epochMicros(n uint64) int64 {
	switch {
	case n < 1e11:
		return int64(n) * 1e6
	case n < 1e14:
		return int64(n) * 1e3
	case n < 1e17:
		return int64(n)
	}
	return int64(n / 1e3)
}

// parseRFC3339 reads "2006-01-02T15:04:05.999999999Z" or with an offset such
// as "+01:00" as µs; smaller units are cut off.
func parseRFC3339(raw []byte, date *dateCache) (int64, bool) {
	if len(raw) < len("2006-01-02T15:04:05Z") || raw[10] != 'T' {
		return 0, false
	}
	us, ok1 := date.parse(raw[:10])
	clock, ok2 := parseClock(raw[11:19])
	if !ok1 || !ok2 {
		return 0, false
	}
	us += clock
	fraction, rest, ok := cutFraction(raw[19:])
	if !ok {
		return 0, false
	}
	us += fraction
	if len(rest) == 1 && rest[0] == 'Z' {
		return us, true
	}
	if len(rest) != 6 || rest[3] != ':' {
		return 0, false
	}
	hour, minute := twoDigits(rest[1], rest[2]), twoDigits(rest[4], rest[5])
	if hour > 23 || minute > 59 {
		return 0, false
	}
	east := int64(hour)*microsPerHour + int64(minute)*microsPerMinute
	switch rest[0] {
	case '+':
		return us - east, true
	case '-':
		return us + east, true
	}
	return 0, false
}
