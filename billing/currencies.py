"""Which currency a practice bills in, by its country, and how many digits that currency has after the point.

Countries to currencies are CLDR's (the first tender of each territory), with Bulgaria's euro of 2026; digits are
ISO 4217's. A currency of a country that is in no list here, of which there is none, has two.
"""

from decimal import Decimal
from typing import Final

from accounts.addresses import US_TERRITORIES

# Territories that share a currency with others.
_SHARED: Final = {
    "AUD": "AU CC CX HM KI NF NR TV",
    "CHF": "CH LI",
    "DKK": "DK FO GL",
    "EUR": "AD AT AX BE BG BL CY DE EE ES FI FR GF GP GR HR IE IT LT LU LV MC ME MF MQ MT NL PM PT RE SI SK SM TF VA "
    "XK YT",
    "GBP": "GB GG GS IM JE",
    "ILS": "IL PS",
    "INR": "BT IN",
    "MAD": "EH MA",
    "NOK": "BV NO SJ",
    "NZD": "CK NU NZ PN TK",
    "USD": "AQ AS BQ EC FM GU IO MH MP PR PW SV TC TL UM US VG VI ZW",
    "XAF": "CF CG CM GA GQ TD",
    "XCD": "AG AI DM GD KN LC MS VC",
    "XCG": "CW SX",
    "XOF": "BF BJ CI GW ML NE SN TG",
    "XPF": "NC PF WF",
    "ZAR": "LS NA ZA",
}
_OWN: Final = """
    AED:AE AFN:AF ALL:AL AMD:AM AOA:AO ARS:AR AWG:AW AZN:AZ BAM:BA BBD:BB BDT:BD BHD:BH BIF:BI BMD:BM BND:BN BOB:BO
    BRL:BR BSD:BS BWP:BW BYN:BY BZD:BZ CAD:CA CDF:CD CLP:CL CNY:CN COP:CO CRC:CR CUP:CU CVE:CV CZK:CZ DJF:DJ DOP:DO
    DZD:DZ EGP:EG ERN:ER ETB:ET FJD:FJ FKP:FK GEL:GE GHS:GH GIP:GI GMD:GM GNF:GN GTQ:GT GYD:GY HKD:HK HNL:HN HTG:HT
    HUF:HU IDR:ID IQD:IQ IRR:IR ISK:IS JMD:JM JOD:JO JPY:JP KES:KE KGS:KG KHR:KH KMF:KM KPW:KP KRW:KR KWD:KW KYD:KY
    KZT:KZ LAK:LA LBP:LB LKR:LK LRD:LR LYD:LY MDL:MD MGA:MG MKD:MK MMK:MM MNT:MN MOP:MO MRU:MR MUR:MU MVR:MV MWK:MW
    MXN:MX MYR:MY MZN:MZ NGN:NG NIO:NI NPR:NP OMR:OM PAB:PA PEN:PE PGK:PG PHP:PH PKR:PK PLN:PL PYG:PY QAR:QA RON:RO
    RSD:RS RUB:RU RWF:RW SAR:SA SBD:SB SCR:SC SDG:SD SEK:SE SGD:SG SHP:SH SLE:SL SOS:SO SRD:SR SSP:SS STN:ST SYP:SY
    SZL:SZ THB:TH TJS:TJ TMT:TM TND:TN TOP:TO TRY:TR TTD:TT TWD:TW TZS:TZ UAH:UA UGX:UG UYU:UY UZS:UZ VES:VE VND:VN
    VUV:VU WST:WS YER:YE ZMW:ZM
"""
_BY_COUNTRY: Final = {country: currency for currency, all_of in _SHARED.items() for country in all_of.split()} | {
    country: currency for currency, country in (pair.split(":") for pair in _OWN.split())
}
_NO_DIGITS: Final = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THREE_DIGITS: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")

# What people write in place of the code where only one is meant; the invoice itself says the code once.
SYMBOLS: Final = {
    "AUD": "$", "BRL": "R$", "CAD": "$", "EUR": "€", "GBP": "£", "ILS": "₪", "INR": "₹", "JPY": "¥", "MXN": "$",
    "NZD": "$", "PHP": "₱", "SGD": "$", "USD": "$",
}  # fmt: skip

# Countries that print on Letter; everybody else has A4 (CLDR's territories of US-Letter).
LETTER_COUNTRIES: Final = US_TERRITORIES | {
    "BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "SV", "US", "VE",
}  # fmt: skip


def currency_of(country: str) -> str:
    """The ISO 4217 code for a country's ISO 3166-1 code. US dollars for a code that no country has."""
    return _BY_COUNTRY.get(country, "USD")


def digits_of(currency: str) -> int:
    """Digits after the point: 2 for most, 0 for yen and the like, 3 for dinars."""
    return 0 if currency in _NO_DIGITS else 3 if currency in _THREE_DIGITS else 2


def smallest(currency: str) -> Decimal:
    """The smallest amount there is: a cent is Decimal("0.01")."""
    return Decimal(1).scaleb(-digits_of(currency))


def paper_of(country: str) -> str:
    """`letter` or `a4`, the paper that printers of this country have in them."""
    return "letter" if country in LETTER_COUNTRIES else "a4"
