//! Names of made-up people: several scripts, each with the spelling that a username can have.

/// Where made-up people come from: their names as written there and in ASCII.
pub(super) struct Culture {
    /// BCP 47.
    pub locale: &'static str,
    /// Of the tz database.
    pub zone: &'static str,
    /// ISO 3166-1.
    pub country: &'static str,
    pub city: &'static str,
    /// Whether the family name comes first.
    pub family_first: bool,
    /// What stands between the two names.
    pub between: &'static str,
    pub given: &'static [Name],
    pub family: &'static [Name],
}

/// A name in its own script, and in lower-case ASCII.
pub(super) type Name = (&'static str, &'static str);

macro_rules! culture {
    ($locale:literal, $zone:literal, $country:literal, $city:literal, $first:literal, $between:literal,
     [$(($g:literal, $ga:literal)),+ $(,)?], [$(($f:literal, $fa:literal)),+ $(,)?]) => {
        Culture {
            locale: $locale, zone: $zone, country: $country, city: $city, family_first: $first, between: $between,
            given: &[$(($g, $ga)),+], family: &[$(($f, $fa)),+],
        }
    };
}

pub(super) const CULTURES: &[Culture] = &[
    culture!(
        "en-GB",
        "Europe/London",
        "GB",
        "Leeds",
        false,
        " ",
        [
            ("Amelia", "amelia"),
            ("Oliver", "oliver"),
            ("Isla", "isla"),
            ("Noah", "noah"),
            ("Zoë", "zoe"),
            ("Callum", "callum"),
            ("Saoirse", "saoirse"),
            ("Dylan", "dylan")
        ],
        [
            ("O’Connor", "oconnor"),
            ("Whitfield", "whitfield"),
            ("Ashworth", "ashworth"),
            ("Okonkwo", "okonkwo"),
            ("MacLeod", "macleod"),
            ("Pritchard", "pritchard"),
            ("Barnes-Lee", "barneslee")
        ]
    ),
    culture!(
        "de-DE",
        "Europe/Berlin",
        "DE",
        "Köln",
        false,
        " ",
        [
            ("Jürgen", "juergen"),
            ("Käthe", "kaethe"),
            ("Lukas", "lukas"),
            ("Annika", "annika"),
            ("Björn", "bjoern"),
            ("Heike", "heike"),
            ("Thilo", "thilo")
        ],
        [
            ("Müller", "mueller"),
            ("Groß", "gross"),
            ("Schäfer", "schaefer"),
            ("von der Heide", "vonderheide"),
            ("Krause", "krause"),
            ("Öztürk", "oeztuerk"),
            ("Weiß", "weiss")
        ]
    ),
    culture!(
        "fr-FR",
        "Europe/Paris",
        "FR",
        "Lyon",
        false,
        " ",
        [
            ("Hélène", "helene"),
            ("François", "francois"),
            ("Chloé", "chloe"),
            ("Anaïs", "anais"),
            ("Jérôme", "jerome"),
            ("Maël", "mael"),
            ("Élodie", "elodie")
        ],
        [
            ("Lefèvre", "lefevre"),
            ("D’Aubigné", "daubigne"),
            ("Noël", "noel"),
            ("Benoît", "benoit"),
            ("Garçon", "garcon"),
            ("Moreau", "moreau")
        ]
    ),
    culture!(
        "pl-PL",
        "Europe/Warsaw",
        "PL",
        "Łódź",
        false,
        " ",
        [
            ("Łukasz", "lukasz"),
            ("Małgorzata", "malgorzata"),
            ("Zdzisław", "zdzislaw"),
            ("Żaneta", "zaneta"),
            ("Wojciech", "wojciech"),
            ("Agnieszka", "agnieszka")
        ],
        [
            ("Wiśniewska", "wisniewska"),
            ("Dąbrowski", "dabrowski"),
            ("Zając", "zajac"),
            ("Wójcik", "wojcik"),
            ("Gałązka", "galazka"),
            ("Nowak", "nowak")
        ]
    ),
    culture!(
        "tr-TR",
        "Europe/Istanbul",
        "TR",
        "İzmir",
        false,
        " ",
        [
            ("Işıl", "isil"),
            ("İbrahim", "ibrahim"),
            ("Gülşen", "gulsen"),
            ("Çağrı", "cagri"),
            ("Ömer", "omer"),
            ("Ayşe", "ayse")
        ],
        [
            ("Yılmaz", "yilmaz"),
            ("Şahin", "sahin"),
            ("Doğan", "dogan"),
            ("Kılıç", "kilic"),
            ("Çelik", "celik"),
            ("Aydın", "aydin")
        ]
    ),
    culture!(
        "pt-BR",
        "America/Sao_Paulo",
        "BR",
        "São Paulo",
        false,
        " ",
        [
            ("João", "joao"),
            ("Conceição", "conceicao"),
            ("Tomás", "tomas"),
            ("Luíza", "luiza"),
            ("Caetano", "caetano"),
            ("Iara", "iara")
        ],
        [
            ("da Silva", "dasilva"),
            ("Gonçalves", "goncalves"),
            ("Araújo", "araujo"),
            ("dos Santos", "dossantos"),
            ("Magalhães", "magalhaes"),
            ("Peçanha", "pecanha")
        ]
    ),
    culture!(
        "el-GR",
        "Europe/Athens",
        "GR",
        "Πάτρα",
        false,
        " ",
        [
            ("Ελένη", "eleni"),
            ("Γιώργος", "giorgos"),
            ("Αθηνά", "athina"),
            ("Νίκος", "nikos"),
            ("Χρυσούλα", "chrysoula")
        ],
        [
            ("Παπαδοπούλου", "papadopoulou"),
            ("Νικολάου", "nikolaou"),
            ("Βασιλείου", "vasileiou"),
            ("Οικονόμου", "oikonomou"),
            ("Ψαράς", "psaras")
        ]
    ),
    culture!(
        "uk-UA",
        "Europe/Kyiv",
        "UA",
        "Львів",
        false,
        " ",
        [
            ("Олена", "olena"),
            ("Ярослав", "yaroslav"),
            ("Євгенія", "yevheniia"),
            ("Їванна", "yivanna"),
            ("Тарас", "taras"),
            ("Соломія", "solomiia")
        ],
        [
            ("Шевченко", "shevchenko"),
            ("Ковальчук", "kovalchuk"),
            ("Ґудзь", "gudz"),
            ("Бондаренко", "bondarenko"),
            ("Щербак", "shcherbak")
        ]
    ),
    culture!(
        "ar-EG",
        "Africa/Cairo",
        "EG",
        "الإسكندرية",
        false,
        " ",
        [
            ("ليلى", "layla"),
            ("محمد", "mohammed"),
            ("نور", "nour"),
            ("يوسف", "youssef"),
            ("هالة", "hala"),
            ("كريم", "karim")
        ],
        [
            ("الحداد", "alhaddad"),
            ("عبد الرحمن", "abdelrahman"),
            ("منصور", "mansour"),
            ("الشريف", "elsherif"),
            ("نجيب", "naguib")
        ]
    ),
    culture!(
        "he-IL",
        "Asia/Jerusalem",
        "IL",
        "חיפה",
        false,
        " ",
        [
            ("נועה", "noa"),
            ("איתי", "itai"),
            ("תמר", "tamar"),
            ("יונתן", "yonatan"),
            ("שירה", "shira")
        ],
        [
            ("לוי", "levi"),
            ("בן־דוד", "bendavid"),
            ("מזרחי", "mizrahi"),
            ("פרידמן", "friedman")
        ]
    ),
    culture!(
        "hi-IN",
        "Asia/Kolkata",
        "IN",
        "पुणे",
        false,
        " ",
        [
            ("आरव", "aarav"),
            ("प्रिया", "priya"),
            ("कृष्ण", "krishna"),
            ("मीरा", "meera"),
            ("श्रेया", "shreya")
        ],
        [
            ("शर्मा", "sharma"),
            ("पटेल", "patel"),
            ("द्विवेदी", "dwivedi"),
            ("राव", "rao"),
            ("जोशी", "joshi")
        ]
    ),
    culture!(
        "ja-JP",
        "Asia/Tokyo",
        "JP",
        "京都市",
        true,
        " ",
        [
            ("陽菜", "hina"),
            ("翔太", "shota"),
            ("美咲", "misaki"),
            ("蓮", "ren"),
            ("さくら", "sakura"),
            ("健一", "kenichi")
        ],
        [
            ("田中", "tanaka"),
            ("佐藤", "sato"),
            ("髙橋", "takahashi"),
            ("渡邊", "watanabe"),
            ("小林", "kobayashi")
        ]
    ),
    culture!(
        "zh-CN",
        "Asia/Shanghai",
        "CN",
        "成都市",
        true,
        "",
        [
            ("伟", "wei"),
            ("芳", "fang"),
            ("秀英", "xiuying"),
            ("子轩", "zixuan"),
            ("婷", "ting"),
            ("龙", "long")
        ],
        [
            ("王", "wang"),
            ("李", "li"),
            ("欧阳", "ouyang"),
            ("张", "zhang"),
            ("刘", "liu"),
            ("陈", "chen")
        ]
    ),
    culture!(
        "ko-KR",
        "Asia/Seoul",
        "KR",
        "부산",
        true,
        "",
        [
            ("서연", "seoyeon"),
            ("민준", "minjun"),
            ("지우", "jiwoo"),
            ("하은", "haeun"),
            ("도윤", "doyun")
        ],
        [("김", "kim"), ("이", "lee"), ("박", "park"), ("최", "choi"), ("남궁", "namgung")]
    ),
    culture!(
        "th-TH",
        "Asia/Bangkok",
        "TH",
        "เชียงใหม่",
        false,
        " ",
        [("สมชาย", "somchai"), ("อัญชลี", "anchalee"), ("กิตติ", "kitti"), ("วรรณา", "wanna")],
        [
            ("ศรีสุวรรณ", "srisuwan"),
            ("จันทร์เพ็ญ", "chanpen"),
            ("ทองดี", "thongdee"),
            ("บุญมี", "boonmee")
        ]
    ),
];
