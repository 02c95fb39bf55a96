package format

import "bytes"

// timeReader reads times as logs write them. The zero value is ready to use.
type timeReader struct {
	date dateCache
	log  logTimeCache
}

// parse reads a time as µs since the Unix epoch; smaller units are cut off.
// It may be
//
//   - a number of seconds, ms, µs or ns since the Unix epoch, told by its
//     magnitude (see parseEpoch), also with decimals;
//   - RFC 3339, also with a space in place of T, with slashes in the date, and
//     in UTC if no zone follows;
//   - "02/Jan/2006:15:04:05 -0700", as in Common Log Format;
//   - "20060102150405", in UTC: as ms it would be a time after the year 2286.
//
// Brackets around any of these are dropped.
func (r *timeReader) parse(raw []byte) (int64, bool) {
	if n := len(raw); n > 2 && raw[0] == '[' && raw[n-1] == ']' {
		raw = raw[1 : n-1]
	}
	switch {
	case len(raw) == logTimeSize && raw[2] == '/':
		return r.log.parse(raw)
	case len(raw) > 10 && (raw[4] == '-' || raw[4] == '/'):
		return r.parseCalendar(raw)
	case len(raw) == len("20060102150405") && skipDigits(raw, 0) == len(raw):
		return parseCompactTime(raw)
	}
	return parseDecimalEpoch(raw)
}

func (r *timeReader) parseCalendar(raw []byte) (int64, bool) {
	if c := raw[10]; c != 'T' && c != 't' && c != ' ' {
		return 0, false
	}
	date := [10]byte(raw)
	if date[4] == '/' && date[7] == '/' {
		date[4], date[7] = '-', '-'
	}
	day, ok1 := r.date.parse(date[:])
	clock, rest, ok2 := parseFineClock(raw[11:])
	east, ok3 := parseZone(rest)
	return day + clock - east, ok1 && ok2 && ok3
}

// parseFineClock reads "15:04:05" with or without decimals, and returns what
// follows.
func parseFineClock(raw []byte) (us int64, rest []byte, ok bool) {
	if len(raw) < 8 {
		return 0, nil, false
	}
	us, ok = parseClock(raw[:8])
	rest = raw[8:]
	if len(rest) == 0 || rest[0] != '.' && rest[0] != ',' {
		return us, rest, ok
	}
	end := skipDigits(rest, 1)
	return us + decimals(rest[1:end], microsPerSecond), rest[end:], ok && end > 1
}

// decimals is what digits behind a point stand for, in units of which there
// are so many (a power of ten) in a whole one; what is smaller is cut off.
func decimals(digits []byte, units int64) int64 {
	var n int64
	for _, c := range digits {
		units /= 10
		n += int64(c-'0') * units
	}
	return n
}

// parseZone reads how far east of UTC a zone is, in µs: "", "Z", "UTC",
// "-07:00", "-0700" or "-07", with or without a space in front.
func parseZone(raw []byte) (int64, bool) {
	raw = bytes.TrimPrefix(raw, []byte{' '})
	switch string(raw) {
	case "", "Z", "z", "UTC", "GMT":
		return 0, true
	}
	if len(raw) == 6 && raw[3] == ':' {
		return zoneMicros(raw[0], raw[1:3], raw[4:])
	}
	if len(raw) == 5 {
		return zoneMicros(raw[0], raw[1:3], raw[3:])
	}
	return zoneMicros(raw[0], raw[1:], []byte("00"))
}

func zoneMicros(sign byte, hours, minutes []byte) (int64, bool) {
	if len(hours) != 2 || sign != '+' && sign != '-' {
		return 0, false
	}
	h, m := twoDigits(hours[0], hours[1]), twoDigits(minutes[0], minutes[1])
	us := int64(h)*microsPerHour + int64(m)*microsPerMinute
	if sign == '-' {
		us = -us
	}
	return us, h <= 23 && m <= 59
}

// parseCompactTime reads "20060102150405", UTC, which are 14 digits.
func parseCompactTime(raw []byte) (int64, bool) {
	year, _ := parseInt(raw[:4])
	month, _ := parseInt(raw[4:6])
	day, _ := parseInt(raw[6:8])
	hour, minute, second := twoDigits(raw[8], raw[9]), twoDigits(raw[10], raw[11]), twoDigits(raw[12], raw[13])
	us, ok := dayMicros(int(year), int(month), int(day))
	return us + int64(hour*3600+minute*60+second)*microsPerSecond, ok && hour <= 23 && minute <= 59 && second <= 59
}

// parseDecimalEpoch is parseEpoch for numbers with any decimals. No floating
// point is involved.
func parseDecimalEpoch(raw []byte) (int64, bool) {
	whole, fraction, point := bytes.Cut(raw, []byte{'.'})
	if !point {
		return parseEpoch(raw)
	}
	n, ok := parseInt(whole)
	if !ok || len(fraction) == 0 || skipDigits(fraction, 0) != len(fraction) {
		return 0, false
	}
	us := epochMicros(uint64(n))
	switch us {
	case n * microsPerSecond:
		us += decimals(fraction, microsPerSecond)
	case n * 1000:
		us += decimals(fraction, 1000)
	}
	return us, true
}
