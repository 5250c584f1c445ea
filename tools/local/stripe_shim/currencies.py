"""What Stripe charges of each currency (https://docs.stripe.com/currencies), written down here on its own: the application has
tables of its own, and a mistake in them has to show."""

from __future__ import annotations

from . import errors

# "Supported presentment currencies".
CHARGED = set(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve "
    "czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr "
    "kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab "
    "pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah "
    "ugx usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw".split()
)
# "Three-decimal currencies": the last digit is 0. "Special cases": the last two are 00.
MULTIPLES = dict.fromkeys("bhd jod kwd omr tnd".split(), 10) | {"isk": 100, "ugx": 100}
# "Minimum charge amount by currency", for an account that settles in each.
MINIMUMS = {
    "aed": 200, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "cop": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
    "hkd": 400, "huf": 17500, "idr": 50, "ils": 50, "inr": 50, "jpy": 50, "krw": 50, "mxn": 1000, "myr": 200, "nok": 300,
    "nzd": 50, "php": 50, "pln": 200, "ron": 200, "rub": 50, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50, "zar": 50,
}
# "Maximum charge amounts".
MAXIMUM = 99_999_999
MAXIMUMS = {"cop": 9_999_999_999, "idr": 999_999_999_999, "inr": 999_999_999}


def check_charge(amount: int, currency: str) -> None:
    """Refuses what Stripe would refuse to charge."""
    if currency not in CHARGED:
        raise errors.invalid_parameter(f"Invalid currency: {currency}.", "currency_not_supported", "currency")
    if amount < MINIMUMS.get(currency, 1):
        raise errors.invalid_parameter(
            "Amount must convert to at least 50 cents, or what the settlement currency has instead.", "amount_too_small", "amount"
        )
    if amount > MAXIMUMS.get(currency, MAXIMUM):
        raise errors.invalid_parameter("Amount must be no more than $999,999.99", "amount_too_large", "amount")
    check_multiple(amount, currency, "amount")


def check_multiple(amount: int, currency: str, param: str) -> None:
    """Refuses a part of a currency that nobody can pay."""
    multiple = MULTIPLES.get(currency, 1)
    if amount % multiple:
        raise errors.invalid_parameter(
            f"Invalid amount: amounts in {currency} must be evenly divisible by {multiple}.", "parameter_invalid_integer", param
        )
