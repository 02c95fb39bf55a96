package gen

// page makes the request one for a page, asset for what pages need, image for
// an image.
func (c *chunk) page(o *object) {
	c.r.host, c.r.object, c.r.path = c.g.world.pageHost, o, o.path
}

func (c *chunk) asset() {
	w := c.g.world
	switch p := c.rng.IntN(100); {
	case p < 78:
		c.image()
	case p < 99:
		o := &w.scripts[c.rng.IntN(len(w.scripts))]
		c.page(o)
		if p%2 == 0 {
			c.r.query = append(c.buf[0][:0], "v=20260301"...)
		}
	default:
		c.page(&w.videos[c.rng.IntN(len(w.videos))])
		c.r.status = 206
	}
}

func (c *chunk) image() {
	c.picture(&c.g.world.images[c.what.Uint64()])
}

func (c *chunk) picture(o *object) {
	r := &c.r
	r.host, r.object, r.path = c.g.world.imageHost, o, o.path
	if c.rng.IntN(12) == 0 {
		r.query = append(c.buf[0][:0], "tr=w-400,h-300&ik-sdk-version=javascript-1.4.3"...)
	}
}

// refer gives the request a Referer with the host of index h.
func (c *chunk) refer(h int, scheme, path string) {
	r := &c.r
	b := append(c.buf[1][:0], scheme...)
	b = append(b, c.g.world.hosts[h].name...)
	b = append(b, path...)
	c.buf[1] = b
	r.referer, r.noReferer, r.refererID, r.class = b, false, h, ""
}

// oddReferer gives the request a Referer of a table in plant.go.
func (c *chunk) oddReferer(o oddReferer) {
	r := &c.r
	r.referer, r.noReferer = append(c.buf[1][:0], o.raw...), false
	if o.want[0] == '(' {
		r.refererID, r.class = -1, o.want
		return
	}
	r.refererID, r.class = c.g.world.hostIDs[o.want], ""
}

// finish draws the answer.
func (c *chunk) finish() *request {
	r := &c.r
	r.header = 280 + c.rng.Int64N(420)
	r.took = 2 + c.rng.Int64N(40) + r.object.size>>13
	if c.rng.IntN(200) == 0 {
		r.forwarded = "198.51.100.7, 203.0.113.44"
	}
	if r.status == 200 {
		c.outcome()
	}
	c.result()
	switch r.status {
	case 200:
		r.body = r.object.size
	case 206:
		r.body = min(r.object.size, 1<<20)
	case 304, 0:
		r.body = 0
	default:
		r.body = 150 + c.rng.Int64N(800)
	}
	if r.method != "GET" {
		r.body = min(r.body, 60)
	}
	for i := range r.id {
		r.id[i] = c.rng.Uint64()
	}
	return r
}

// outcome draws what became of a request that nothing else decides.
func (c *chunk) outcome() {
	r := &c.r
	switch p := c.rng.IntN(1000); {
	case p < 90:
		if r.host == c.g.world.imageHost {
			r.status = 304
		}
	case p < 104:
		r.status = 404
	case p < 110:
		r.status = 301
	case p < 116:
		r.status = 403
	case p < 119:
		r.status = 0
	case p < 121:
		r.status = 503
	case p < 125:
		r.method = "HEAD"
	}
}

func (c *chunk) result() {
	r := &c.r
	switch {
	case r.status >= 400 || r.status == 0:
		r.result = "Error"
		return
	case r.method == "POST":
		r.result = "Miss"
		return
	}
	switch p := c.rng.IntN(100); {
	case p < 82:
		r.result = "Hit"
	case p < 88:
		r.result = "RefreshHit"
	default:
		r.result = "Miss"
		r.took += 60 + c.rng.Int64N(300)
	}
}
