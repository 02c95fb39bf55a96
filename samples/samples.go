// Package samples holds small synthetic access logs, one for each format, with
// the truth about them, and example rulesets. The logs come from package gen
// and are made again by go generate; nobody's traffic is in them.
//
// They belong to one shop (www.shop.example, img.shop.example) that has hotlinkers, a scanner,
// a flood and crawlers; rulesets/imagekit.yaml and candidate.yaml are two
// answers to that. days/shop.log.gz is a log of four days, beside those for each
// format.
package samples

import "embed"

//go:generate go run ./cmd/makelogs -format cloudfront      -seed 11 -rows 800  -clients 140 -hosts 40 -hostile 16 -broken 3 -gzip -o logs/cloudfront.log.gz      -truth truth/cloudfront.json
//go:generate go run ./cmd/makelogs -format cloudfront-v2   -seed 12 -rows 800  -clients 140 -hosts 40 -hostile 16 -broken 3 -gzip -o logs/cloudfront-v2.log.gz   -truth truth/cloudfront-v2.json
//go:generate go run ./cmd/makelogs -format cloudfront-json -seed 13 -rows 800  -clients 140 -hosts 40 -hostile 16 -broken 3 -gzip -o logs/cloudfront-json.log.gz -truth truth/cloudfront-json.json
//go:generate go run ./cmd/makelogs -format cloudflare      -seed 14 -rows 1000 -clients 140 -hosts 40 -hostile 16 -broken 3 -gzip -o logs/cloudflare.log.gz      -truth truth/cloudflare.json
//go:generate go run ./cmd/makelogs -format common          -seed 15 -rows 800  -clients 120 -hosts 40 -hostile 16 -broken 3       -o logs/common.log             -truth truth/common.json
//go:generate go run ./cmd/makelogs -format combined        -seed 16 -rows 1000 -clients 160 -hosts 50 -hostile 32 -broken 6 -gzip -o logs/combined.log.gz        -truth truth/combined.json
//go:generate go run ./cmd/makelogs -format vhost_combined  -seed 17 -rows 1000 -clients 140 -hosts 40 -hostile 32 -broken 6 -gzip -o logs/vhost_combined.log.gz  -truth truth/vhost_combined.json
//go:generate go run ./cmd/makelogs -format combined -span 96h -seed 22 -rows 5200 -clients 480 -hostile -1 -gzip -o days/shop.log.gz

// FS holds logs/, a log for each format of package gen, plain or gzip;
// truth/, for each log a gen.Truth as JSON; days/; and rulesets/.
//
//go:embed logs truth days rulesets
var FS embed.FS
