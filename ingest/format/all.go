package format

// All is every format, in the order in which detection tries them: those with
// an unmistakable beginning first.
func All() []*Format {
	return []*Format{
		parquetFile(),
		cloudFront(),
		cloudFrontJSON(),
		cloudflare(),
		haproxy(),
		haproxyCLF(),
		istio(),
		traefik(),
		nginxIngress(),
		sslRequest(),
		vhostCombined(),
		combined(),
		common(),
	}
}
