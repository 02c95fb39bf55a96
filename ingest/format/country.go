package format

import (
	"strings"
	"sync"
)

// countryCodes are the ISO 3166-1 codes of countries by countryKey of their
// names in English. They are not to be written to.
var countryCodes = sync.OnceValue(func() map[string][]byte {
	codes := make(map[string][]byte)
	for line := range strings.Lines(countryNames) {
		code, names, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		for name := range strings.SplitSeq(names, "|") {
			codes[string(countryKey(nil, []byte(name)))] = []byte(code)
		}
	}
	return codes
})

// longestCountry bounds what can be the name of a country, in bytes.
const longestCountry = 64

// country is the ISO code of a country that is given by its code or its name,
// nil if it is neither. Case, spaces and punctuation of names do not matter.
func country(raw []byte) []byte {
	if len(raw) == 2 {
		return raw
	}
	if len(raw) > longestCountry {
		return nil
	}
	var key [3 * longestCountry]byte
	return countryCodes()[string(countryKey(key[:0], raw))]
}

// countryKey appends the letters of a name in lower case, with "and" for "&".
func countryKey(dst, name []byte) []byte {
	for _, c := range name {
		switch {
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c|0x20)
		case c == '&':
			dst = append(dst, "and"...)
		case 'a' <= c && c <= 'z' || c >= 0x80:
			dst = append(dst, c)
		}
	}
	return dst
}

// countryNames are the English short names of ISO 3166-1, the names that
// Microsoft, Fastly and others use beside them, and Kosovo.
const countryNames = `AD Andorra
AE United Arab Emirates
AF Afghanistan
AG Antigua and Barbuda
AI Anguilla
AL Albania
AM Armenia
AO Angola
AQ Antarctica
AR Argentina
AS American Samoa
AT Austria
AU Australia
AW Aruba
AX Åland Islands|Aland Islands
AZ Azerbaijan
BA Bosnia and Herzegovina
BB Barbados
BD Bangladesh
BE Belgium
BF Burkina Faso
BG Bulgaria
BH Bahrain
BI Burundi
BJ Benin
BL Saint Barthélemy|Saint Barthelemy|St. Barthelemy|St. Barthélemy
BM Bermuda
BN Brunei Darussalam|Brunei
BO Bolivia, Plurinational State of|Bolivia
BQ Bonaire, Sint Eustatius and Saba|Bonaire|Caribbean Netherlands|Bonaire, Saint Eustatius and Saba|Netherlands Antilles
BR Brazil
BS Bahamas|The Bahamas
BT Bhutan
BV Bouvet Island
BW Botswana
BY Belarus
BZ Belize
CA Canada
CC Cocos (Keeling) Islands|Cocos Islands
CD Congo, The Democratic Republic of the|Congo (DRC)|Congo (Kinshasa)|Democratic Republic of the Congo|Democratic Republic of Congo|DR Congo|Congo, Democratic Republic of the|Congo Democratic Republic of|Congo (Dem. Rep.)
CF Central African Republic
CG Congo|Congo (Republic)|Congo (Brazzaville)|Republic of the Congo|Republic of Congo|Congo (Rep.)
CH Switzerland
CI Côte d'Ivoire|Cote d'Ivoire|Ivory Coast|Côte d’Ivoire|Cote d’Ivoire
CK Cook Islands
CL Chile
CM Cameroon
CN China
CO Colombia
CR Costa Rica
CU Cuba
CV Cabo Verde|Cape Verde
CW Curaçao|Curacao
CX Christmas Island
CY Cyprus
CZ Czechia|Czech Republic
DE Germany
DJ Djibouti
DK Denmark
DM Dominica
DO Dominican Republic
DZ Algeria
EC Ecuador
EE Estonia
EG Egypt
EH Western Sahara
ER Eritrea
ES Spain
ET Ethiopia
FI Finland
FJ Fiji
FK Falkland Islands (Malvinas)|Falkland Islands|Islas Malvinas
FM Micronesia, Federated States of|Micronesia|Federated States of Micronesia
FO Faroe Islands|Faeroe Islands
FR France
GA Gabon
GB United Kingdom|Great Britain|Britain (UK)
GD Grenada
GE Georgia
GF French Guiana
GG Guernsey
GH Ghana
GI Gibraltar
GL Greenland
GM Gambia|The Gambia
GN Guinea
GP Guadeloupe
GQ Equatorial Guinea
GR Greece
GS South Georgia and the South Sandwich Islands|South Georgia & South Sandwich Islands|South Georgia
GT Guatemala
GU Guam
GW Guinea-Bissau
GY Guyana
HK Hong Kong|Hong Kong SAR|Hong Kong SAR China
HM Heard Island and McDonald Islands
HN Honduras
HR Croatia
HT Haiti
HU Hungary
ID Indonesia
IE Ireland
IL Israel
IM Isle of Man|Man, Isle of
IN India
IO British Indian Ocean Territory
IQ Iraq
IR Iran, Islamic Republic of|Iran
IS Iceland
IT Italy
JE Jersey
JM Jamaica
JO Jordan
JP Japan
KE Kenya
KG Kyrgyzstan
KH Cambodia
KI Kiribati
KM Comoros
KN Saint Kitts and Nevis|St. Kitts and Nevis
KP Korea, Democratic People's Republic of|North Korea|Korea, North
KR Korea, Republic of|South Korea|Korea|Republic of Korea|Korea, South
KW Kuwait
KY Cayman Islands
KZ Kazakhstan
LA Lao People's Democratic Republic|Laos
LB Lebanon
LC Saint Lucia|St. Lucia
LI Liechtenstein
LK Sri Lanka
LR Liberia
LS Lesotho
LT Lithuania
LU Luxembourg
LV Latvia
LY Libya|Libyan Arab Jamahiriya
MA Morocco
MC Monaco
MD Moldova, Republic of|Moldova|Republic of Moldova
ME Montenegro
MF Saint Martin (French part)|Saint Martin|St. Martin
MG Madagascar
MH Marshall Islands
MK North Macedonia|Macedonia|Macedonia, FYRO|Macedonia, the former Yugoslav Republic of|Macedonia FYROM|Former Yugoslav Republic of Macedonia|Republic of North Macedonia
ML Mali
MM Myanmar|Burma|Myanmar (Burma)
MN Mongolia
MO Macao|Macau|Macao SAR|Macau SAR|Macao SAR China
MP Northern Mariana Islands
MQ Martinique
MR Mauritania
MS Montserrat
MT Malta
MU Mauritius
MV Maldives
MW Malawi
MX Mexico
MY Malaysia
MZ Mozambique
NA Namibia
NC New Caledonia
NE Niger
NF Norfolk Island
NG Nigeria
NI Nicaragua
NL Netherlands|The Netherlands|Holland
NO Norway
NP Nepal
NR Nauru
NU Niue
NZ New Zealand
OM Oman
PA Panama
PE Peru
PF French Polynesia
PG Papua New Guinea
PH Philippines
PK Pakistan
PL Poland
PM Saint Pierre and Miquelon|St. Pierre and Miquelon
PN Pitcairn|Pitcairn Islands
PR Puerto Rico
PS Palestine, State of|Palestine|Palestinian Authority|Palestinian Territory|Palestinian Territories|Palestinian Territory Occupied|State of Palestine
PT Portugal
PW Palau
PY Paraguay
QA Qatar
RE Réunion|Reunion
RO Romania
RS Serbia
RU Russian Federation|Russia
RW Rwanda
SA Saudi Arabia
SB Solomon Islands
SC Seychelles
SD Sudan
SE Sweden
SG Singapore
SH Saint Helena, Ascension and Tristan da Cunha|Saint Helena|St. Helena|St Helena, Ascension, Tristan da Cunha|St. Helena, Ascension and Tristan da Cunha
SI Slovenia
SJ Svalbard and Jan Mayen|Svalbard
SK Slovakia
SL Sierra Leone
SM San Marino
SN Senegal
SO Somalia
SR Suriname
SS South Sudan
ST Sao Tome and Principe|São Tomé and Príncipe
SV El Salvador
SX Sint Maarten (Dutch part)|Sint Maarten|St. Maarten
SY Syrian Arab Republic|Syria
SZ Eswatini|Swaziland
TC Turks and Caicos Islands
TD Chad
TF French Southern Territories|French Southern and Antarctic Lands
TG Togo
TH Thailand
TJ Tajikistan
TK Tokelau
TL Timor-Leste|East Timor
TM Turkmenistan
TN Tunisia
TO Tonga
TR Türkiye|Turkiye|Turkey
TT Trinidad and Tobago
TV Tuvalu
TW Taiwan, Province of China|Taiwan|Taiwan, Republic of China
TZ Tanzania, United Republic of|Tanzania|United Republic of Tanzania
UA Ukraine
UG Uganda
UM United States Minor Outlying Islands|U.S. Outlying Islands|US Minor Outlying Islands
US United States|United States of America|USA
UY Uruguay
UZ Uzbekistan
VA Holy See (Vatican City State)|Vatican City|Vatican|Holy See
VC Saint Vincent and the Grenadines|St. Vincent and the Grenadines
VE Venezuela, Bolivarian Republic of|Venezuela
VG Virgin Islands, British|British Virgin Islands
VI Virgin Islands, U.S.|U.S. Virgin Islands|United States Virgin Islands
VN Viet Nam
VU Vanuatu
WF Wallis and Futuna
WS Samoa
XK Kosovo
YE Yemen
YT Mayotte
ZA South Africa
ZM Zambia
ZW Zimbabwe`
