package format

import (
	"bytes"
	"fmt"
	"slices"
)

// timePattern is a way in which a log writes times: pieces of fixed width, or
// one number.
type timePattern struct {
	width  int // 0: a number, of any width
	number timeNumber
	whole  timeWhole
	pieces []timePiece
}

// timeNumber is the unit of a time that is a number since the Unix epoch.
type timeNumber uint8

const (
	timeSeconds timeNumber = iota // perhaps with a fraction
	timeMillis
	timeMicros
)

// timeWhole is a pattern that has a reader of its own.
type timeWhole uint8

const (
	timePieces timeWhole = iota
	timeCLF              // 02/Jan/2006:15:04:05 -0700
	timeRFC3339
)

// timePiece is a part of a time: one of the letters of strftime, '3' or '6'
// for so many digits of a second, or, with the letter 0, a text.
type timePiece struct {
	letter byte
	text   string
	width  int
}

// clfTime is the time of Common Log Format, without brackets.
func clfTime() *timePattern { return &timePattern{width: logTimeSize, whole: timeCLF} }

// epochTime is a number of a unit.
func epochTime(unit timeNumber) *timePattern { return &timePattern{number: unit} }

// strftime is a pattern as strftime takes it, of the parts that have a fixed
// width in any locale but %b and %a, which are English. A time without %z is
// read as UTC.
func strftime(format string) (*timePattern, error) {
	p := &timePattern{}
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			p.text(format[i : i+1])
			continue
		}
		if i++; i == len(format) {
			return nil, fmt.Errorf("%q ends in a bare %%", format)
		}
		pieces, ok := strftimePieces(format[i])
		if !ok {
			return nil, fmt.Errorf("%%%c in a time is not read; what is: %%Y %%m %%d %%e %%b %%h %%a %%H %%M %%S %%z %%F %%T %%D %%R %%y %%%%", format[i])
		}
		for _, piece := range pieces {
			p.add(piece)
		}
	}
	return p, nil
}

// strftimePieces is what a conversion of strftime stands for.
func strftimePieces(letter byte) ([]timePiece, bool) {
	two := func(letter byte) timePiece { return timePiece{letter: letter, width: 2} }
	text := func(s string) timePiece { return timePiece{text: s, width: len(s)} }
	year := timePiece{letter: 'Y', width: 4}
	switch letter {
	case 'Y':
		return []timePiece{year}, true
	case 'm', 'd', 'e', 'y', 'H', 'M', 'S':
		return []timePiece{two(letter)}, true
	case 'b', 'h':
		return []timePiece{{letter: 'b', width: 3}}, true
	case 'a':
		return []timePiece{{letter: 'a', width: 3}}, true
	case 'z':
		return []timePiece{{letter: 'z', width: 5}}, true
	case 'F':
		return []timePiece{year, text("-"), two('m'), text("-"), two('d')}, true
	case 'D':
		return []timePiece{two('m'), text("/"), two('d'), text("/"), two('y')}, true
	case 'T':
		return []timePiece{two('H'), text(":"), two('M'), text(":"), two('S')}, true
	case 'R':
		return []timePiece{two('H'), text(":"), two('M')}, true
	case '%':
		return []timePiece{text("%")}, true
	}
	return nil, false
}

func (p *timePattern) text(s string) { p.add(timePiece{text: s, width: len(s)}) }

func (p *timePattern) add(piece timePiece) {
	p.pieces = append(p.pieces, piece)
	p.width += piece.width
}

// joined is the pattern of two patterns with a text between.
func (p *timePattern) joined(between string, q *timePattern) *timePattern {
	j := &timePattern{pieces: slices.Clone(p.pieces), width: p.width}
	j.text(between)
	for _, piece := range q.pieces {
		j.add(piece)
	}
	return j
}

// missing is what a pattern of pieces lacks for a time, or "".
func (p *timePattern) missing() string {
	if p.width == 0 || p.whole != timePieces {
		return ""
	}
	has := func(letters string) bool {
		return slices.ContainsFunc(p.pieces, func(piece timePiece) bool {
			return piece.letter != 0 && bytes.IndexByte([]byte(letters), piece.letter) >= 0
		})
	}
	for _, part := range []struct{ letters, name string }{
		{"Yy", "year"}, {"mb", "month"}, {"de", "day"}, {"H", "hour"}, {"M", "minute"}, {"S", "second"},
	} {
		if !has(part.letters) {
			return part.name
		}
	}
	return ""
}

// parse reads a time as µs since the Unix epoch, with the caches of d.
func (p *timePattern) parse(raw []byte, d *layoutDecoder) (int64, bool) {
	switch {
	case p.whole == timeCLF:
		return d.times.parse(raw)
	case p.whole == timeRFC3339:
		return parseRFC3339(raw, &d.dates)
	case p.width > 0:
		return p.parsePieces(raw)
	case p.number == timeMillis:
		return parseMillis(raw)
	case p.number == timeMicros:
		us, ok := parseInt(raw)
		return us, ok && us < maxSeconds*microsPerSecond
	}
	return parseSeconds(raw)
}

// parsePieces reads a time of fixed width.
func (p *timePattern) parsePieces(raw []byte) (int64, bool) {
	if len(raw) != p.width {
		return 0, false
	}
	var year, month, day int
	var clock int64
	for i := range p.pieces {
		piece := &p.pieces[i]
		part := raw[:piece.width]
		raw = raw[piece.width:]
		ok := true
		switch piece.letter {
		case 0:
			ok = string(part) == piece.text
		case 'Y', 'y':
			year, ok = parseYear(part)
		case 'b':
			month = monthNumber(part)
		case 'm':
			month = int(twoDigits(part[0], part[1]))
		case 'd', 'e':
			if part[0] == ' ' {
				day = int(twoDigits('0', part[1]))
			} else {
				day = int(twoDigits(part[0], part[1]))
			}
		case 'a': // the date says it too
		default:
			var us int64
			us, ok = parseClockPiece(piece.letter, part)
			clock += us
		}
		if !ok {
			return 0, false
		}
	}
	us, ok := dayMicros(year, month, day)
	return us + clock, ok
}

// parseYear reads a year of four digits, or of two: 69 to 99 are before 2000.
func parseYear(raw []byte) (int, bool) {
	n, ok := parseInt(raw)
	switch {
	case len(raw) == 4:
		return int(n), ok
	case n >= 69:
		return int(n) + 1900, ok
	}
	return int(n) + 2000, ok
}

// parseClockPiece reads a part of the time of day, or of the zone, as the µs
// that it adds to the beginning of the day in UTC.
func parseClockPiece(letter byte, raw []byte) (int64, bool) {
	switch letter {
	case '3', '6':
		n, ok := parseInt(raw)
		if letter == '3' {
			n *= 1000
		}
		return n, ok
	case 'z':
		hours, minutes := twoDigits(raw[1], raw[2]), twoDigits(raw[3], raw[4])
		east := int64(hours)*microsPerHour + int64(minutes)*microsPerMinute
		if raw[0] == '+' {
			east = -east
		}
		return east, hours <= 23 && minutes <= 59 && (raw[0] == '+' || raw[0] == '-')
	}
	n := twoDigits(raw[0], raw[1])
	switch letter {
	case 'H':
		return int64(n) * microsPerHour, n <= 23
	case 'M':
		return int64(n) * microsPerMinute, n <= 59
	}
	return int64(n) * microsPerSecond, n <= 59
}
