-- requests: what the job needs of CloudFront standard logs, the files $logs.
CREATE TEMP VIEW requests AS
SELECT client, bytes, split_part(referer, '/', 3) AS authority
FROM read_csv(getvariable('logs'), auto_detect = false, header = false, skip = 2, delim = '\t', quote = '', escape = '',
	columns = {
		'date': 'VARCHAR', 'time': 'VARCHAR', 'edge': 'VARCHAR', 'bytes': 'BIGINT', 'client': 'VARCHAR', 'method': 'VARCHAR',
		'distribution': 'VARCHAR', 'path': 'VARCHAR', 'status': 'VARCHAR', 'referer': 'VARCHAR', 'agent': 'VARCHAR',
		'query': 'VARCHAR', 'cookie': 'VARCHAR', 'result': 'VARCHAR', 'request_id': 'VARCHAR', 'host': 'VARCHAR',
		'scheme': 'VARCHAR', 'received': 'VARCHAR', 'took': 'VARCHAR', 'forwarded': 'VARCHAR', 'tls': 'VARCHAR',
		'cipher': 'VARCHAR', 'response': 'VARCHAR', 'version': 'VARCHAR', 'fle_status': 'VARCHAR', 'fle_fields': 'VARCHAR',
		'port': 'VARCHAR', 'first_byte': 'VARCHAR', 'detailed': 'VARCHAR', 'type': 'VARCHAR', 'length': 'VARCHAR',
		'range_start': 'VARCHAR', 'range_end': 'VARCHAR'
	});
