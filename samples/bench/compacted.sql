-- requests: what the job needs of the Parquet that rulecast compact writes, the
-- files $logs. The Referer's host is a column there.
CREATE TEMP VIEW requests AS
SELECT client, bytes, coalesce(referer_host, '') AS authority
FROM read_parquet(getvariable('logs'));
