package format

// All is every format, in the order in which detection tries them: those with
// an unmistakable beginning first.
func All() []*Format {
	return []*Format{
		parquetFile(),
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
		vhostCombined(),
		combined(),
		common(),
	}
}
