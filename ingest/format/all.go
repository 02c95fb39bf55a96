package format

// All is every format, in the order in which detection tries them: those with
// an unmistakable beginning first.
func All() []*Format {
	return []*Format{
		parquetFile(),
		cloudFront(),
		cloudFrontJSON(),
		cloudflare(),
		cdn77(),
		akamai(),
		gcpLB(),
		fastlyJSON(),
		azureFrontDoor(),
		azureAppGateway(),
		vhostCombined(),
		combined(),
		common(),
	}
}
