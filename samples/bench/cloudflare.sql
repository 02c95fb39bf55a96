-- requests: what the job needs of Cloudflare's NDJSON, the files $logs.
CREATE TEMP VIEW requests AS
SELECT ClientIP AS client, EdgeResponseBytes AS bytes, split_part(ClientRequestReferer, '/', 3) AS authority
FROM read_json(getvariable('logs'), format = 'newline_delimited',
	columns = {'ClientIP': 'VARCHAR', 'EdgeResponseBytes': 'BIGINT', 'ClientRequestReferer': 'VARCHAR'});
