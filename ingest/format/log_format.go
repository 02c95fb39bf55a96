package format

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// FromLogFormat makes a format of the string that a server is configured with:
// LogFormat of Apache httpd, varnishncsa -F, log_format of nginx or log-format
// of HAProxy; or of the whole statement as it stands in the configuration.
//
// A line is of the format if it consists of the string's texts and, between
// them, values that end where the text behind begins; it is rejected if it can
// be read so in more than one way. Values that no column has are passed over,
// as are those of which another says the same better (%b beside %O, %v beside
// %{Host}i). The client is the peer of the connection if the string has it
// (%{c}a, $realip_remote_addr). A time without a zone is read as UTC. Lines of
// HAProxy may have the header of syslog in front.
//
// An error says where in text (in bytes, from 1) which directive cannot be
// read, or what the string lacks.
func FromLogFormat(text string) (*Format, error) {
	l, err := compileLogFormat(text)
	if err != nil {
		return nil, fmt.Errorf("log format: %w", err)
	}
	return layoutFormat("log-format", "Lines of the log format given", func() []*logLayout { return []*logLayout{l} }), nil
}

// maxLogFormat bounds the strings that are compiled: those of servers have some
// hundred bytes.
const maxLogFormat = 1 << 14

func compileLogFormat(text string) (*logLayout, error) {
	if len(text) > maxLogFormat {
		return nil, fmt.Errorf("%d bytes are too many: it may have %d", len(text), maxLogFormat)
	}
	statement, err := parseStatement(text)
	if err != nil {
		return nil, err
	}
	c := &layoutCompiler{source: statement}
	switch statement.dialect() {
	case dialectNginx:
		err = c.nginx()
	case dialectHAProxy:
		err = c.haproxy()
	default:
		err = c.apache()
	}
	if err != nil {
		return nil, err
	}
	return c.layout()
}

// layoutCompiler turns a format string into a layout.
type layoutCompiler struct {
	source  *statement
	escapes escaping
	lead    string
	values  []logValue
}

// text adds a text behind what there is.
func (c *layoutCompiler) text(s string) {
	if n := len(c.values); n > 0 {
		c.values[n-1].literal += s
	} else {
		c.lead += s
	}
}

// value adds a value.
func (c *layoutCompiler) value(v logValue) { c.values = append(c.values, v) }

// layout checks what was compiled and makes the layout.
func (c *layoutCompiler) layout() (*logLayout, error) {
	if len(c.values) == 0 {
		return nil, errors.New("no directive such as %h or $remote_addr")
	}
	if err := c.joinTimes(); err != nil {
		return nil, err
	}
	c.joinTargets()
	c.joinPorts()
	for i, v := range c.values[:len(c.values)-1] {
		if next := c.values[i+1]; v.literal == "" && v.class != classFixed && v.class != classBraces {
			return nil, fmt.Errorf("column %d: nothing stands between %s and %s that would tell where one ends", next.at, v.name, next.name)
		}
	}
	l := newLogLayout(c.lead, c.values, c.escapes)
	l.syslog = c.source.dialect() == dialectHAProxy
	if !l.has(meansClient) {
		return nil, fmt.Errorf("no address of the client: it needs one of %s", c.source.dialect().clients())
	}
	return l, nil
}

func (l *logLayout) has(m meaning) bool {
	for _, i := range l.set {
		if l.values[i].means == m {
			return true
		}
	}
	return false
}

// joinTimes makes one value of the parts of a time that stand side by side,
// such as %{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t.
func (c *layoutCompiler) joinTimes() error {
	var joined []logValue
	for _, v := range c.values {
		last := len(joined) - 1
		if last >= 0 && isTimePart(v) && isTimePart(joined[last]) {
			joined[last].time = joined[last].time.joined(joined[last].literal, v.time)
			joined[last].name += joined[last].literal + v.name
			joined[last].literal = v.literal
			continue
		}
		joined = append(joined, v)
	}
	whole := slices.ContainsFunc(joined, func(v logValue) bool { return v.means == meansTime && v.time.missing() == "" })
	for i, v := range joined {
		if v.means != meansTime || v.time.missing() == "" {
			continue
		}
		if !whole {
			return fmt.Errorf("column %d: the time %s has no %s", v.at, v.name, v.time.missing())
		}
		joined[i].means = meansNothing
	}
	c.values = joined
	return nil
}

func isTimePart(v logValue) bool {
	return v.means == meansTime && v.time.width > 0 && v.time.whole == timePieces
}

// joinTargets makes one value of a path and a query without a text between.
func (c *layoutCompiler) joinTargets() {
	var joined []logValue
	for _, v := range c.values {
		if last := len(joined) - 1; last >= 0 && v.means == meansQuery && joined[last].literal == "" {
			if m := joined[last].means; m == meansPath {
				joined[last].means = meansTarget
				joined[last].name += v.name
				joined[last].literal = v.literal
				continue
			}
		}
		joined = append(joined, v)
	}
	c.values = joined
}

// joinPorts makes one value of an address or a host, a colon and its port: the
// colon does not tell where an address of version 6 ends.
func (c *layoutCompiler) joinPorts() {
	var joined []logValue
	for _, v := range c.values {
		if last := len(joined) - 1; last >= 0 && isPortName(v.name) && joined[last].literal == ":" {
			if m := joined[last].means; m == meansClient || m == meansHost {
				joined[last].ported = m == meansClient
				joined[last].name += ":" + v.name
				joined[last].literal = v.literal
				continue
			}
		}
		joined = append(joined, v)
	}
	c.values = joined
}

func isPortName(name string) bool {
	switch name {
	case "%p", "%{remote}p", "%{local}p", "%{canonical}p", "%cp", "$remote_port", "$realip_remote_port", "$server_port":
		return true
	}
	return false
}

// header is the meaning of a request header.
func header(name string) meaning {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
	case "referer":
		return meansReferer
	case "user-agent":
		return meansUserAgent
	case "x-forwarded-for":
		return meansForwarded
	case "host":
		return meansHost
	case "x-request-id":
		return meansRequestID
	case "cf-ipcountry", "cloudfront-viewer-country":
		return meansCountry
	}
	return meansNothing
}

// responseHeader is the meaning of a header of the response.
func responseHeader(name string) meaning {
	switch strings.ToLower(strings.ReplaceAll(name, "_", "-")) {
	case "content-type":
		return meansContentType
	case "x-cache":
		return meansCache
	case "x-request-id":
		return meansRequestID
	}
	return meansNothing
}

// variable is the meaning of a variable that GeoIP modules and others set.
func variable(name string) meaning {
	switch strings.ToLower(name) {
	case "geoip_country_code", "geoip2_data_country_code", "geoip2_country_code", "geoip2_data_country_iso_code", "mm_country_code":
		return meansCountry
	case "geoip2_data_asn", "geoip2_asn", "geoip2_data_asnumber", "mm_asn":
		return meansASN
	case "unique_id", "request_id":
		return meansRequestID
	}
	return meansNothing
}
