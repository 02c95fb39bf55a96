package format

import (
	"encoding/binary"
	"time"
)

const (
	microsPerSecond = int64(time.Second / time.Microsecond)
	microsPerMinute = 60 * microsPerSecond
	microsPerHour   = 60 * microsPerMinute
)

// dayMicros is the beginning of a day of the calendar, in µs since the Unix
// epoch, UTC; false if the calendar has no such day.
func dayMicros(year, month, day int) (int64, bool) {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return t.UnixMicro(), t.Year() == year && t.Month() == time.Month(month) && t.Day() == day
}

// parseDate reads "2006-01-02", the beginning of that day in µs.
func parseDate(raw []byte) (int64, bool) {
	if len(raw) != 10 || raw[4] != '-' || raw[7] != '-' {
		return 0, false
	}
	year, ok1 := parseInt(raw[:4])
	month, ok2 := parseInt(raw[5:7])
	day, ok3 := parseInt(raw[8:])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return dayMicros(int(year), int(month), int(day))
}

// parseClock reads "15:04:05" as µs since midnight.
func parseClock(raw []byte) (int64, bool) {
	if len(raw) != 8 || raw[2] != ':' || raw[5] != ':' {
		return 0, false
	}
	hour, minute, second := twoDigits(raw[0], raw[1]), twoDigits(raw[3], raw[4]), twoDigits(raw[6], raw[7])
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return int64(hour*3600+minute*60+second) * microsPerSecond, true
}

// parseW3CTime reads "15:04", "15:04:05" or "15:04:05.999999" as µs since
// midnight; smaller units are cut off.
func parseW3CTime(raw []byte) (int64, bool) {
	const minutes, seconds = len("15:04"), len("15:04:05")
	if len(raw) == minutes {
		hour, minute := twoDigits(raw[0], raw[1]), twoDigits(raw[3], raw[4])
		return int64(hour)*microsPerHour + int64(minute)*microsPerMinute, raw[2] == ':' && hour <= 23 && minute <= 59
	}
	if len(raw) < seconds {
		return 0, false
	}
	us, ok := parseClock(raw[:seconds])
	fraction, rest, ok2 := cutFraction(raw[seconds:])
	return us + fraction, ok && ok2 && len(rest) == 0
}

// parseDigits reads "20060102150405" as µs since the Unix epoch.
func parseDigits(raw []byte) (int64, bool) {
	n, ok := parseInt(raw)
	if !ok || len(raw) != len("20060102150405") {
		return 0, false
	}
	clock, date := n%1e6, n/1e6
	hour, minute, second := clock/1e4, clock/100%100, clock%100
	us, ok := dayMicros(int(date/1e4), int(date/100%100), int(date%100))
	return us + (hour*3600+minute*60+second)*microsPerSecond, ok && hour <= 23 && minute <= 59 && second <= 59
}

// cutFraction reads the "." and the digits that v begins with, if it begins
// with a ".", as a fraction of a second in µs.
func cutFraction(v []byte) (us int64, rest []byte, ok bool) {
	if len(v) == 0 || v[0] != '.' {
		return 0, v, true
	}
	digits := skipDigits(v, 1)
	unit := microsPerSecond / 10
	for _, c := range v[1:digits] {
		us += int64(c-'0') * unit
		unit /= 10
	}
	return us, v[digits:], digits > 1
}

// twoDigits is the number that two decimal digits make, above 99 if they are
// none.
func twoDigits(tens, ones byte) uint32 {
	tens, ones = tens-'0', ones-'0'
	if tens > 9 || ones > 9 {
		return 1 << 16
	}
	return uint32(tens)*10 + uint32(ones)
}

// dateCache is parseDate that remembers the last date: rows of a log mostly
// have the same. The zero value is ready to use.
type dateCache struct {
	text  [10]byte
	us    int64
	known bool
}

func (d *dateCache) parse(raw []byte) (int64, bool) {
	if len(raw) == 10 && [10]byte(raw) == d.text && d.known {
		return d.us, true
	}
	us, ok := parseDate(raw)
	if ok {
		d.text, d.us, d.known = [10]byte(raw), us, true
	}
	return us, ok
}

// stampCache reads a date and the time of day, and remembers the last minute. The
// zero value is ready to use.
type stampCache struct {
	day, minute uint64 // "2006-01-", and "02" with "15:04:"
	us          int64
	known       bool
	date        dateCache
}

// parse reads "2006-01-02" and "15:04:05" as µs since the Unix epoch, or says
// why it cannot.
func (c *stampCache) parse(date, clock []byte) (us int64, reason string) {
	if len(date) != len("2006-01-02") {
		return 0, reasonDate
	}
	if len(clock) != len("15:04:05") {
		if _, ok := c.date.parse(date); !ok {
			return 0, reasonDate
		}
		return 0, reasonTime
	}
	day := binary.LittleEndian.Uint64(date)
	minute := uint64(binary.LittleEndian.Uint16(date[8:])) | uint64(binary.LittleEndian.Uint32(clock))<<16 |
		uint64(binary.LittleEndian.Uint16(clock[4:]))<<48
	second := twoDigits(clock[6], clock[7])
	if day == c.day && minute == c.minute && c.known && second <= 59 {
		return c.us + int64(second)*microsPerSecond, ""
	}
	us, ok := c.date.parse(date)
	if !ok {
		return 0, reasonDate
	}
	sinceMidnight, ok := parseClock(clock)
	if !ok {
		return 0, reasonTime
	}
	us += sinceMidnight
	c.day, c.minute, c.us, c.known = day, minute, us-int64(second)*microsPerSecond, true
	return us, ""
}

// parseSeconds reads seconds since the Unix epoch, with at most six digits
// behind a point, as µs.
func parseSeconds(raw []byte) (int64, bool) {
	whole, micros := raw, int64(0)
	for i, c := range raw {
		if c != '.' {
			continue
		}
		fraction := raw[i+1:]
		n, ok := parseInt(fraction)
		if !ok || len(fraction) > 6 {
			return 0, false
		}
		for range 6 - len(fraction) {
			n *= 10
		}
		whole, micros = raw[:i], n
		break
	}
	n, ok := parseInt(whole)
	if !ok || n > maxSeconds {
		return 0, false
	}
	return n*microsPerSecond + micros, true
}

// maxSeconds is the beginning of the year 10000: later times are mistakes of
// unit.
const maxSeconds = 253402300800

// parseMillis reads milliseconds since the Unix epoch as µs.
func parseMillis(raw []byte) (int64, bool) {
	n, ok := parseInt(raw)
	if !ok || n >= maxSeconds*1000 {
		return 0, false
	}
	return n * 1000, true
}

// logTimeSize is the length of "02/Jan/2006:15:04:05 -0700".
const logTimeSize = 26

// logTimeCache reads the time of Common Log Format and remembers the last
// minute. The zero value is ready to use.
type logTimeCache struct {
	minute [17]byte // "02/Jan/2006:15:04"
	zone   [6]byte  // " -0700"
	us     int64
	known  bool
}

// parse reads "02/Jan/2006:15:04:05 -0700" as µs since the Unix epoch. Months
// are English in any locale.
func (c *logTimeCache) parse(raw []byte) (int64, bool) {
	if len(raw) != logTimeSize || raw[17] != ':' {
		return 0, false
	}
	second := twoDigits(raw[18], raw[19])
	if second > 59 {
		return 0, false
	}
	minute, zone := [17]byte(raw), [6]byte(raw[20:])
	if minute != c.minute || zone != c.zone || !c.known {
		us, ok := parseLogMinute(raw)
		if !ok {
			return 0, false
		}
		c.minute, c.zone, c.us, c.known = minute, zone, us, true
	}
	return c.us + int64(second)*microsPerSecond, true
}

// parseLogMinute reads all but the seconds of a time of logTimeSize bytes.
func parseLogMinute(raw []byte) (int64, bool) {
	if raw[2] != '/' || raw[6] != '/' || raw[11] != ':' || raw[14] != ':' || raw[20] != ' ' {
		return 0, false
	}
	month := monthNumber(raw[3:6])
	year, ok := parseInt(raw[7:11])
	day, hour, minute := twoDigits(raw[0], raw[1]), twoDigits(raw[12], raw[13]), twoDigits(raw[15], raw[16])
	zoneHour, zoneMinute := twoDigits(raw[22], raw[23]), twoDigits(raw[24], raw[25])
	if !ok || hour > 23 || minute > 59 || zoneHour > 23 || zoneMinute > 59 {
		return 0, false
	}
	us, ok := dayMicros(int(year), month, int(day))
	us += int64(hour)*microsPerHour + int64(minute)*microsPerMinute
	east := int64(zoneHour)*microsPerHour + int64(zoneMinute)*microsPerMinute
	switch raw[21] {
	case '+':
		us -= east
	case '-':
		us += east
	default:
		return 0, false
	}
	return us, ok
}

// monthNumber is 1 to 12 for "Jan" to "Dec", and 0 for anything else.
func monthNumber(raw []byte) int {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(names); i += 3 {
		if string(raw) == names[i:i+3] {
			return i/3 + 1
		}
	}
	return 0
}
