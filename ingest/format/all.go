package format

import (
	"slices"
	"sync"
)

// All is every format, in the order in which detection tries them.
func All() []*Format { return slices.Clone(all()) }

// all makes the formats once, since some prepare much. Those with an
// unmistakable beginning come first.
var all = sync.OnceValue(func() []*Format {
	return []*Format{
		parquetFile(),
		arrowFile(),
		cloudFront(),
		w3cExtended(),
		cloudFrontRealTime(),
		cloudFrontJSON(),
		cloudflare(),
		cdn77(),
		akamai(),
		gcpLB(),
		fastlyJSON(),
		azureFrontDoor(),
		azureAppGateway(),
		bunny(),
		gcore(),
		alibabaOffline(),
		huaweiOffline(),
		tencentOffline(),
		fastlyCommon(),
		awsALB(),
		awsS3(),
		haproxy(),
		haproxyCLF(),
		istio(),
		traefik(),
		nginxIngress(),
		sslRequest(),
		awsWAF(),
		caddy(),
		traefikJSON(),
		envoyJSON(),
		alibabaJSON(),
		huaweiJSON(),
		tencentJSON(),
		nginxJSON(),
		vhostCombined(),
		combined(),
		common(),
	}
})
