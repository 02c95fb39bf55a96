package main

import (
	"slices"

	"github.com/spf13/cobra"

	"rulecast/analyze/hotlinks"
	"rulecast/analyze/site"
	"rulecast/ingest/referer"
	"rulecast/report/view"
)

// hotlinksFlags are those of hotlinks.
type hotlinksFlags struct {
	inputFlags
	outputFlags
	geoFlags
	own     []string
	classes []string
	top     int
}

func hotlinksCommand(std *streams) *cobra.Command {
	f := &hotlinksFlags{}
	cmd := &cobra.Command{
		Use:   "hotlinks --own DOMAIN INPUT...",
		Short: "Who embeds our files?",
		Long: `hotlinks lists the sites that Referers name, but for the own ones, with what
they cost and the evidence on each: whether they embed or link, for how many
clients and networks, and whether these ever view own pages. Points for each
piece of evidence add up to a score; 6 are a host to block, 4 one to watch.

Search engines, social networks, webmail, translators, archives, feed readers and
AI assistants are known, and never to be blocked by score alone; --classes adds
sites to these, partners for example. Own sites are those of --own, each with all
of its subdomains, and those whose hosts the log serves.`,
		Example: example(
			"rulecast hotlinks --own shop.example samples/logs",
			"rulecast hotlinks --own shop.example --own shop-static.example --classes partners.txt --top 50 logs/",
			"rulecast hotlinks --own shop.example --table hotlinks --as csv access.log.gz",
		),
		Args: atLeastOne("input"),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, std, args) },
	}
	fs := cmd.Flags()
	fs.StringArrayVar(&f.own, "own", nil, "own `DOMAIN`, which stands for its whole site; sites whose hosts the log serves are own ones, too")
	fs.StringArrayVar(&f.classes, "classes", nil, "`FILE` of known sites, one class and domain a line, beside those that are built in")
	fs.IntVar(&f.top, "top", 20, "list this `NUMBER` of hosts")
	f.inputFlags.add(cmd)
	f.inputFlags.addMemory(cmd)
	f.geoFlags.add(cmd)
	f.outputFlags.add(cmd)
	return cmd
}

func (f *hotlinksFlags) run(cmd *cobra.Command, std *streams, args []string) error {
	if f.top < 0 {
		return usagef("--top %d: must not be negative", f.top)
	}
	if err := f.outputFlags.check(); err != nil {
		return err
	}
	own, err := ownSites(f.own)
	if err != nil {
		return err
	}
	classes, err := loadClasses(f.classes)
	if err != nil {
		return err
	}
	if err := f.checkTables(view.Hotlinks(&hotlinks.Result{}, &view.Source{})); err != nil {
		return err
	}
	countries, err := f.geoFlags.open()
	if err != nil {
		return err
	}
	plan := hotlinks.NewPlan(hotlinks.Options{Own: own, Classes: classes, From: countries.from, Locator: countries.db})
	r, err := f.inputFlags.open(cmd.Context(), std, args, plan.Columns())
	if err != nil {
		return err
	}
	r.countries, r.kept = countries, &kept{costs: hotlinksCosts, own: own}
	result, src, err := answer(cmd.Context(), r, plan.New, (*hotlinks.Analysis).Result, f.top)
	if err != nil {
		return err
	}
	if len(result.Sites) == 0 && result.Counted.Requests > 0 {
		return errNoOwn
	}
	if err := f.outputFlags.write(std, view.Hotlinks(result, src)); err != nil {
		return err
	}
	return r.incomplete(src)
}

// errNoOwn is that neither the user nor the log says what is own.
var errNoOwn = usagef("no request has a host, which would say whose log this is: give --own DOMAIN")

// ownSites reads the values of --own: domains, or URLs.
func ownSites(values []string) ([]string, error) {
	var sites []string
	for _, value := range values {
		authority := value
		if url, class := referer.Authority([]byte(value)); class == referer.ClassHost {
			authority = string(url)
		}
		host, ok := referer.CanonicalHost(authority)
		if !ok {
			return nil, usagef("--own %q: must be a domain", value)
		}
		if is, _ := site.IsSuffix(host); is {
			return nil, usagef("--own %q: is a public suffix, below which everybody has a site", value)
		}
		if s := site.Of(host); !slices.Contains(sites, s) {
			sites = append(sites, s)
		}
	}
	return sites, nil
}

// loadClasses are the known sites that are built in, and those of the files.
func loadClasses(files []string) (*hotlinks.Classes, error) {
	classes := hotlinks.KnownClasses()
	return classes, extend("classes", files, classes.Extend)
}
