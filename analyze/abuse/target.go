package abuse

import (
	"bytes"
	"slices"
	"strings"
)

// longestTarget bounds what of a path and query is looked at.
const longestTarget = 4096

// traversals are in the paths and queries of those who ask for files outside
// of the site, in lower case. Browsers take "../" out of a path before they ask.
// After CrowdSec's list web/path_traversal.txt.
var traversals = strings.Fields(`
	../ ..\ ..%2f ..%5c %2e%2e%2f %2e%2e/ %2e%2e%5c %252e%252e%252f %c0%ae%c0%ae
	/etc/passwd /etc/shadow /etc/hosts %2fetc%2fpasswd %2fetc%2fshadow %2fetc%2fhosts /proc/self/ /var/log/
	windows/win.ini windows%2fwin.ini windows\win.ini c:/boot.ini c:\boot.ini
	=file:// =zip:// =php:// =expect:// =data://
`)

// exploits are in requests that nobody makes but to break in, in lower case:
// those of CrowdSec's scenarios of type trigger that a log can show.
var exploits = []string{
	"/util/php/eval-stdin.php",                         // PHPUnit, CVE-2017-9841
	"/remote/fgt_lang?lang=/../",                       // FortiOS, CVE-2018-13379
	"invokefunction&function=call_user_func_array",     // ThinkPHP, CVE-2018-20062
	"/dana-na/../dana/html5acc/",                       // Pulse Secure, CVE-2019-11510
	"/telerik.web.ui.webresource.axd?type=rau",         // Telerik, CVE-2019-18935
	"/tmui/login.jsp/..;/", "/tmui/login.jsp/%2e%2e;/", // BIG-IP, CVE-2020-5902
	"/.%2e/.%2e/", "/%2e%2e/%2e%2e", "/%%32%65%%32%65/", // Apache, CVE-2021-41773 and CVE-2021-42013
	"${jndi:", "$%7bjndi:", "%24%7bjndi:", // Log4j, CVE-2021-44228
	"${${lower:", "${${upper:", "${${::-", "${${env:", // the same in disguise
	"$%7b$%7b", "%24%7b%24%7b", // and encoded
	"class.module.classloader.",                                      // Spring, CVE-2022-22965
	"@java.lang.runtime@getruntime().exec(",                          // Confluence, CVE-2022-26134
	"/vendor/htmlawed/htmlawed/htmlawedtest.php",                     // GLPI, CVE-2022-35914
	"/setup.cgi?next_file=netgear.cfg&todo=syscmd",                   // Netgear, exploit-db 25978
	"java.lang.runtime.getruntime().exec(", "${url:utf-8:", "${dns:", // Text4Shell, CVE-2022-42889
}

// sensitive are the ends of paths of files that hold secrets and are served by
// mistake only, in lower case. After CrowdSec's list web/sensitive_data.txt,
// without what sites serve on purpose, as programs to download.
var sensitive = strings.Fields(`
	.sql .sql.gz .sql.tar .sql.bz2 .sql.zip .sql.rar .sql.7z .bak
	.bash_history .bashrc .history .sh_history .mysql_history .profile
	.env .env~ .env.bak .env.backup .env.dev .env.development.local .env.dist .env.example .env.local .env.old .env.php
	.env.prod .env.production .env.production.local .env.save .env.stage .env.staging .env.test .envrc env.bak env.backup
	.git .git/head .git/config .gitconfig .git-credentials .gitlab-ci/.env .svn .svn/entries .svn/wc.db .hg .hg/hgrc .bzr .cvs .cvsignore .subversion
	.htaccess .htpasswd .passwd .pwd .rhosts .netrc .npmrc .pgpass .msmtprc .forward .listing
	.ssh .ssh/id_rsa .ssh/id_ed25519 .ssh/authorized_keys id_rsa
	.aws .aws/config .aws/credentials aws/credentials .awscfg .s3cfg aws-key.yml config/aws.yml secrets.yml secrets.json
	.docker/config.json .docker/daemon.json .docker/.env .vscode/sftp.json .jupyter/jupyter_notebook_config.json .cordova/config.json
	wp-config.php~ wp-config.php.bak wp-config.php.old wp-config.php.save wp-config.txt
	composer.lock debug.log .ds_store
`)

// admin are in paths of tools to administer a site, in lower case; each begins
// with a slash. After
// CrowdSec's list web/admin_interfaces.txt.
var admin = strings.Fields(`
	/phpmyadmin /pma /admin /wp-admin /wp-login /manager /solr/ /phpinfo /boaform/ /kcfinder/upload.php /+cscoe+/ /dana-na/
	/repeater.php /sitecore/login /sitefinity/authenticate /scriptcase/devel /scriptcase/prod /web/database/manager /rsso/admin/
`)

// hunt is what is looked for in the target of a request.
type hunt struct {
	traversals, exploits [][]byte
	// grams has a bit for four bytes in a row of each traversal and exploit but
	// for those with two dots; what has none of these, nor two dots, has none of
	// those.
	grams [1 << gramBits / 64]uint64
	// ends are the sensitive ends by their last byte.
	ends [256][]string
	// admin are those words, without the slash, by their first byte.
	admin [256][]string
}

// gramBits are the bits of the place of a gram: so many places that what is
// harmless seldom shares one with what is not.
const gramBits = 16

func newHunt() *hunt {
	h := &hunt{traversals: bytesOf(traversals), exploits: bytesOf(exploits)}
	for _, text := range slices.Concat(traversals, exploits) {
		if !strings.Contains(text, "..") {
			at := gramOf(rarest(text)).place()
			h.grams[at/64] |= 1 << (at % 64)
		}
	}
	for _, end := range sensitive {
		last := end[len(end)-1]
		h.ends[last] = append(h.ends[last], end)
	}
	for _, word := range admin {
		h.admin[word[1]] = append(h.admin[word[1]], word[1:])
	}
	return h
}

func bytesOf(texts []string) (out [][]byte) {
	for _, text := range texts {
		out = append(out, []byte(text))
	}
	return out
}

// gram is four bytes, the last lowest.
type gram uint32

const gramLength = 4

// twoDots are the last two bytes of a gram that a traversal has.
const twoDots = '.'<<8 | '.'

func gramOf(text string) (g gram) {
	for _, c := range []byte(text) {
		g = g<<8 | gram(c)
	}
	return g
}

func (g gram) place() uint32 { return uint32(g) * 0x9e3779b1 >> (32 - gramBits) }

// frequent are the bytes that paths have most, in this order.
const frequent = "/etaoinsrhldcumfpg.-=&_?0123456789wybvkxjqz"

// rarest are the four bytes in a row of a text that paths have least.
func rarest(text string) string {
	most, at := -1, 0
	for i := range len(text) - gramLength + 1 {
		n := 0
		for _, c := range []byte(text[i : i+gramLength]) {
			if place := strings.IndexByte(frequent, c); place >= 0 {
				n += place
			} else {
				n += 2 * len(frequent)
			}
		}
		if n > most {
			most, at = n, i
		}
	}
	return text[at : at+gramLength]
}

// lower appends a text in lower case to dst, and reports whether there may be a
// traversal or an exploit in it, or across the two.
func (h *hunt) lower(dst, text []byte) (_ []byte, suspect bool) {
	g := gramOf(string(dst[max(0, len(dst)-gramLength+1):]))
	hits := uint64(0)
	for _, c := range text {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
		g = g<<8 | gram(c)
		at := g.place()
		hits |= h.grams[at/64] >> (at % 64)
		if uint16(g) == twoDots {
			hits = 1
		}
	}
	return dst, hits&1 != 0
}

// isSensitive reports whether a path in lower case ends like a sensitive file.
func (h *hunt) isSensitive(path []byte) bool {
	if len(path) == 0 {
		return false
	}
	for _, end := range h.ends[path[len(path)-1]] {
		if len(path) >= len(end) && string(path[len(path)-len(end):]) == end {
			return true
		}
	}
	return false
}

// isAdmin reports whether a path in lower case is of a tool to administer a site.
func (h *hunt) isAdmin(path []byte) bool {
	for {
		slash := bytes.IndexByte(path, '/')
		if slash < 0 || slash+1 == len(path) {
			return false
		}
		path = path[slash+1:]
		for _, word := range h.admin[path[0]] {
			if len(path) >= len(word) && string(path[:len(word)]) == word {
				return true
			}
		}
	}
}

func containsAny(text []byte, words [][]byte) bool {
	for _, w := range words {
		if bytes.Contains(text, w) {
			return true
		}
	}
	return false
}

// isWordPress reports whether a path in lower case is that of a script of
// WordPress.
func isWordPress(path []byte) bool {
	return bytes.HasSuffix(path, []byte(".php")) && bytes.Contains(path, []byte("/wp-"))
}

// leastDigits and mostDigits are how many the tools write that make up queries
// to get past a cache, as CrowdSec's scenario has it. Fewer are a page's number
// more often.
const leastDigits, mostDigits = 7, 12

// isBusting reports whether a query may be one of these.
func isBusting(query []byte) bool {
	if len(query) < leastDigits || len(query) > mostDigits {
		return false
	}
	for _, c := range query {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// denials are the verdicts of a WAF that denied a request, in lower case:
// Cloudflare's SecurityAction (block, connectionClose, forceConnectionClose,
// challengeFailed, jschallengeFailed, and drop of WAFAction), AWS WAF's action
// (BLOCK), Cloud Armor's outcome (DENY), and their like in other logs. A
// challenge is none: visitors get and pass them.
var denials = strings.Fields(`block blocked deny denied drop dropped reject rejected
	connectionclose forceconnectionclose challengefailed jschallengefailed`)

func isDenial(action []byte) bool {
	return slices.ContainsFunc(denials, func(d string) bool { return strings.EqualFold(d, string(action)) })
}
