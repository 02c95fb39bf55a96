package format

import (
	"fmt"
	"strings"
)

// nginxVariables are the variables of nginx that are not passed over, or whose
// bytes are known. Source: "Embedded Variables" of ngx_http_core_module,
// ngx_http_log_module, ngx_http_upstream_module and ngx_http_realip_module.
func nginxVariables() map[string]logValue {
	number := logValue{class: classNumber}
	return map[string]logValue{
		"remote_addr":           {means: meansClient, class: classAddress},
		"realip_remote_addr":    {means: meansClient, class: classAddress, rank: 1},
		"remote_user":           {means: meansUser},
		"time_local":            {means: meansTime, class: classFixed, time: clfTime()},
		"time_iso8601":          {means: meansTime, class: classFixed, time: &timePattern{width: len("2006-01-02T15:04:05+00:00"), whole: timeRFC3339}},
		"msec":                  {means: meansTime, class: classNumber, rank: 1, time: epochTime(timeSeconds)},
		"request":               {means: meansRequest},
		"request_method":        {means: meansMethod, class: classToken},
		"request_uri":           {means: meansTarget},
		"uri":                   {means: meansPath},
		"document_uri":          {means: meansPath},
		"args":                  {means: meansQuery},
		"query_string":          {means: meansQuery},
		"scheme":                {means: meansScheme, class: classToken},
		"status":                {means: meansStatus, class: classNumber},
		"body_bytes_sent":       {means: meansBytes, class: classNumber},
		"bytes_sent":            {means: meansBytes, class: classNumber, rank: 1}, // with headers
		"http_host":             {means: meansHost, rank: 2},
		"host":                  {means: meansHost, rank: 1},
		"server_name":           {means: meansHost, class: className},
		"upstream_cache_status": {means: meansCache, class: classToken},
		"request_id":            {means: meansRequestID, class: classToken, rank: 1},
		"req_id":                {means: meansRequestID, class: classToken},
		"server_protocol":       {class: classToken},
		"server_addr":           {class: classAddress},
		"server_port":           number,
		"remote_port":           number,
		"realip_remote_port":    number,
		"request_length":        number,
		"request_time":          number,
		"connection":            number,
		"connection_requests":   number,
		"pid":                   number,
		"gzip_ratio":            number,
		"pipe":                  {class: className},
	}
}

// nginx compiles a string of nginx.
func (c *layoutCompiler) nginx() error {
	switch c.source.escape {
	case "", "default":
		c.escapes = escaping{decode: decodeEscapes, quotes: true}
	case "json":
		c.escapes = escaping{decode: jsonUnescape, quotes: true, backslashes: true}
	case "none":
		c.escapes = escaping{}
	default:
		return fmt.Errorf("escape=%s is none of default, json, none", c.source.escape)
	}
	text := c.source.text
	for i := 0; i < len(text); {
		if text[i] != '$' {
			c.text(text[i : i+1])
			i++
			continue
		}
		name, size := nginxName(text[i:])
		if name == "" {
			return fmt.Errorf(`column %d: no name of a variable behind "$"`, c.source.column(i))
		}
		c.nginxVariable(name, text[i:i+size], c.source.column(i))
		i += size
	}
	return nil
}

// nginxName is the name of the variable that text begins with, "$name" or
// "${name}", and the length of the whole.
func nginxName(text string) (name string, size int) {
	end := 1
	braced := strings.HasPrefix(text, "${")
	if braced {
		end = 2
	}
	begin := end
	for end < len(text) && (text[end] == '_' || classToken.has(text[end]) && !strings.ContainsRune("!#$%&'*+-.^`|~/", rune(text[end]))) {
		end++
	}
	if !braced {
		return text[begin:end], end
	}
	if end == len(text) || text[end] != '}' {
		return "", 0
	}
	return text[begin:end], end + 1
}

// nginxVariable adds the value of a variable. $is_args is "?" or nothing, which
// the query says too.
func (c *layoutCompiler) nginxVariable(name, spelt string, column int) {
	if name == "is_args" && len(c.values) > 0 {
		last := &c.values[len(c.values)-1]
		if last.means == meansPath && last.literal == "" {
			last.name += spelt
			return
		}
	}
	v, ok := nginxVariables()[name]
	if h, is := strings.CutPrefix(name, "http_"); !ok && is {
		v.means = header(h)
	} else if h, is := strings.CutPrefix(name, "sent_http_"); !ok && is {
		v.means = responseHeader(h)
	} else if !ok {
		v.means = variable(name)
	}
	v.name, v.at = spelt, column
	v.emptyAbsent = c.source.escape == "json" || c.source.escape == "none"
	c.value(v)
}
